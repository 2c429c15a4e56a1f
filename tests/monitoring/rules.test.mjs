// Rules that promtool finds right, each alert with a runbook, a case in which it fires and one in which it does not.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { deploy, docs, promtool, readYaml, yamlFiles } from './lib/places.mjs';

const ruleFiles = yamlFiles(deploy('prometheus', 'rules'));
const testFiles = yamlFiles(deploy('prometheus', 'tests'));
const rules = ruleFiles.flatMap((file) => readYaml(file).groups).flatMap((group) => group.rules);
const alerts = rules.filter((rule) => rule.alert);
const names = [...new Set(alerts.map(({ alert }) => alert))].sort();
const runbooks = fs.readdirSync(docs('runbooks')).filter((name) => name !== 'README.md');

test('promtool finds the rules and the configurations right', () => {
  promtool('check', 'rules', ...ruleFiles);
  promtool('check', 'config', deploy('prometheus', 'prometheus.yaml'));
  promtool('check', 'config', '--syntax-only', deploy('docker', 'prometheus.yml'));
});

for (const file of testFiles) test(`promtool test rules ${path.basename(file)}`, () => promtool('test', 'rules', file));

test('each alert fires in one case and is silent in another', () => {
  const cases = testFiles.flatMap((file) => readYaml(file).tests).flatMap((one) => one.alert_rule_test ?? []);
  for (const name of names) {
    const own = cases.filter(({ alertname }) => alertname === name);
    assert.ok(
      own.some(({ exp_alerts }) => exp_alerts.length > 0),
      `${name} fires nowhere`,
    );
    assert.ok(
      own.some(({ exp_alerts }) => exp_alerts.length === 0),
      `${name} is silent nowhere`,
    );
  }
});

test('each alert says how urgent it is, what it is, and where to read on', () => {
  for (const { alert, labels, annotations } of alerts) {
    assert.match(labels.severity, /^(page|ticket)$/, alert);
    assert.ok(annotations.summary && annotations.description, alert);
    assert.equal(annotations.runbook_url, `{{ $externalLabels.wayleave_docs }}/runbooks/${alert}.md`);
  }
});

test('each alert has a runbook of one short page, and no other is there', () => {
  assert.deepEqual(
    runbooks.sort(),
    names.map((name) => `${name}.md`),
  );
  const list = fs.readFileSync(docs('runbooks', 'README.md'), 'utf8');
  for (const name of names) {
    const text = fs.readFileSync(docs('runbooks', `${name}.md`), 'utf8');
    assert.ok(text.trimEnd().split('\n').length <= 25, `${name}.md is longer than 25 lines`);
    for (const part of ['# ' + name, '**Means.**', '**Look.**', '**Do.**'])
      assert.ok(text.includes(part), `${name}: ${part}`);
    assert.ok(list.includes(`](${name}.md)`), `README.md does not list ${name}`);
  }
});

test('runbooks name metrics and pages that exist', () => {
  const metrics = fs.readFileSync(docs('metrics.md'), 'utf8');
  const recorded = rules.map(({ record }) => record);
  for (const name of runbooks) {
    const text = fs.readFileSync(docs('runbooks', name), 'utf8');
    for (const [, metric] of text.matchAll(/\b((?:wayleave|gen_ai|process)_\w+_\w+)/g))
      assert.ok(metrics.includes(metric.replace(/_(bucket|sum|count)$/, '')), `${name}: ${metric}`);
    for (const [metric] of text.matchAll(/\bwayleave:[\w:]+/g))
      assert.ok(recorded.includes(metric), `${name}: ${metric}`);
    for (const [, file] of text.matchAll(/\]\(([^)#]+\.md)/g))
      assert.ok(fs.existsSync(docs('runbooks', file)), `${name}: ${file}`);
  }
});
