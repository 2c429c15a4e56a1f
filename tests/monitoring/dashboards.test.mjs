// The dashboards are what their description makes of them, keep to Grafana's own types, and each panel helps.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { problemsOf } from './lib/grafana_types.mjs';
import { deploy, docs, readYaml, yamlFiles } from './lib/places.mjs';

const folder = deploy('grafana', 'dashboards');
const readAll = (from) =>
  Object.fromEntries(
    fs
      .readdirSync(from)
      .filter((name) => name.endsWith('.json'))
      .map((name) => [path.basename(name, '.json'), JSON.parse(fs.readFileSync(path.join(from, name), 'utf8'))]),
  );
const dashboards = readAll(folder);
const panels = Object.entries(dashboards).flatMap(([name, { panels }]) =>
  panels.map((panel) => ({ ...panel, place: `${name}: ${panel.title}` })),
);

// As readers of Markdown make them: small letters, and a dash for each space.
const anchorsOf = (text) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

test('there is one for each question and each service', () => {
  assert.deepEqual(Object.keys(dashboards).sort(), [
    'auth-service',
    'gateway',
    'overview',
    'provider-service',
    'providers-and-routing',
    'router-service',
    'tenants-and-money',
  ]);
  for (const [name, { uid }] of Object.entries(dashboards)) assert.equal(uid, `wayleave-${name}`);
});

test('the files are what make-dashboards.mjs writes', (t) => {
  const into = fs.mkdtempSync(path.join(os.tmpdir(), 'wayleave-dashboards-'));
  t.after(() => fs.rmSync(into, { recursive: true }));
  execFileSync(process.execPath, [deploy('grafana', 'make-dashboards.mjs'), '--into', into]);
  const text = (from, name) => fs.readFileSync(path.join(from, name), 'utf8');
  assert.deepEqual(fs.readdirSync(folder).sort(), fs.readdirSync(into).sort());
  for (const name of fs.readdirSync(into))
    assert.equal(text(folder, name), text(into, name), `${name}: run deploy/grafana/make-dashboards.mjs`);
});

test("they keep to Grafana's types", () => {
  assert.deepEqual(problemsOf(dashboards), []);
});

test('what does not keep to them is found', () => {
  const broken = () => structuredClone(dashboards.overview);
  const changes = {
    strange: (one) => (one.colour = 'red'),
    panel: (one) => (one.panels[0].titel = 'x'),
    option: (one) => (one.panels.find(({ type }) => type === 'timeseries').options.legend.placement = 'left'),
    custom: (one) =>
      (one.panels.find(({ type }) => type === 'timeseries').fieldConfig.defaults.custom.drawStyle = 'dots'),
    query: (one) => delete one.panels[0].targets[0].expr,
    variable: (one) => (one.templating.list[0].type = 'list'),
    step: (one) => (one.panels[0].fieldConfig.defaults.thresholds.steps[0].value = 'low'),
  };
  for (const [name, change] of Object.entries(changes)) {
    const one = broken();
    change(one);
    assert.equal(problemsOf({ [name]: one }).length, 1, name);
  }
});

test('every panel has a unit that Grafana knows, a description, and a page to read on', () => {
  const known = new Set(Object.values(units));
  for (const { place, fieldConfig, description, links } of panels) {
    assert.ok(known.has(fieldConfig.defaults.unit), `${place}: ${fieldConfig.defaults.unit}`);
    assert.ok(description.length > 20, place);
    assert.equal(links.length, 1, place);
    const [, file, anchor] = /^\$\{docs\}\/([\w/-]+\.md)(?:#([\w-]+))?$/.exec(links[0].url) ?? [];
    assert.ok(file && fs.existsSync(docs(file)), `${place}: ${links[0].url}`);
    if (anchor) assert.ok(anchorsOf(fs.readFileSync(docs(file), 'utf8')).includes(anchor), `${place}: ${links[0].url}`);
  }
});

test('every panel has its own id and place, and asks the data source that was chosen', () => {
  for (const [name, { panels }] of Object.entries(dashboards)) {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, name);
    assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length, name);
    for (const [n, one] of panels.entries())
      for (const other of panels.slice(n + 1))
        assert.ok(apart(one.gridPos, other.gridPos), `${one.title}, ${other.title}`);
  }
  for (const { place, datasource, targets, gridPos } of panels) {
    assert.ok(targets.length > 0 && gridPos.x + gridPos.w <= 24, place);
    assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, place);
    for (const one of [{ datasource }, ...targets]) assert.equal(one.datasource.uid, '${datasource}', place);
  }
});
const apart = (a, b) => a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;

test('every variable that is used is there, and every one that is there is used', () => {
  const builtIn = ['__rate_interval', '__range'];
  for (const [name, one] of Object.entries(dashboards)) {
    const there = one.templating.list.map((variable) => variable.name);
    const { templating, ...rest } = one;
    const queries = templating.list.map(({ definition = '' }) => definition);
    const used = new Set([...`${JSON.stringify(rest)}${queries}`.matchAll(/\$\{?(\w+)\}?/g)].map(([, word]) => word));
    for (const word of builtIn) used.delete(word);
    assert.deepEqual([...used].sort(), there.sort(), name);
  }
});

test('Grafana is told where they are', () => {
  const [provider] = readYaml(deploy('grafana', 'provisioning', 'dashboards', 'wayleave.yaml')).providers;
  const { grafana } = readYaml(deploy('docker', 'compose.yaml')).services;
  assert.ok(grafana.volumes.includes(`../grafana/dashboards:${provider.options.path}:ro`));
  const [source] = yamlFiles(deploy('grafana', 'provisioning', 'datasources')).flatMap(
    (file) => readYaml(file).datasources,
  );
  assert.equal(source.type, 'prometheus');
});
