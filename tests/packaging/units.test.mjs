import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { buildDir, deploy, folder, run } from './lib/places.mjs';

const names = fs.readdirSync(deploy('systemd')).sort();
const services = names.filter((name) => name.endsWith('.service'));
const text = (name) => fs.readFileSync(deploy('systemd', name), 'utf8');
const settings = (name) => text(name).split('\n').filter((line) => /^[A-Z]\w+=/.test(line));
const hardening = (name) => text(name).slice(text(name).indexOf('\nDynamicUser='), text(name).indexOf('\n[Install]'));

test('systemd-analyze has nothing to say against the installed units', (t) => {
  const prefix = folder(t);
  const installed = run('cmake', ['--install', buildDir, '--prefix', prefix]);
  assert.ok(installed.ok, installed.said);

  const units = names.map((name) => path.join(prefix, 'lib/systemd/system', name));
  const verified = run('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', ...units]);

  assert.ok(verified.ok, verified.said);
  assert.equal(verified.said, '');
  for (const name of services) {
    const unit = fs.readFileSync(path.join(prefix, 'lib/systemd/system', name), 'utf8');
    assert.ok(fs.existsSync(/^ExecStart=(\S+)/m.exec(unit)[1]), name);
  }
});

test('systemd-analyze finds what is wrong', (t) => {
  const file = path.join(folder(t), 'wayleave.service');
  fs.writeFileSync(file, text('wayleave.service').replace('ProtectHome=yes', 'ProtectHome=perhaps'));
  assert.equal(run('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', file]).ok, false);
});

test('every unit keeps its exposure below 1.5 of 10', () => {
  for (const name of services) {
    const words = ['security', '--offline=yes', '--threshold=15', deploy('systemd', name)];
    const { ok, said } = run('systemd-analyze', words);
    assert.ok(ok, said);
  }
});

test('all units are hardened alike', () => {
  assert.equal(services.length, 5);
  for (const name of services) assert.equal(hardening(name), hardening('wayleave.service'), name);
});

test('each service has its own user, says when it is ready, and is not tried again when its file is bad', () => {
  for (const name of services) {
    const own = settings(name);
    const user = `User=${path.parse(name).name}`;
    for (const line of [user, 'Type=notify', 'DynamicUser=yes', 'RestartPreventExitStatus=2'])
      assert.ok(own.includes(line), `${name}: ${line}`);
  }
});

test('the fleet is its four services, and never runs beside the one process', () => {
  const wanted = /^Wants=(.*)$/m.exec(text('wayleave-fleet.target'))[1].split(' ').sort();
  assert.deepEqual(wanted, services.filter((name) => name !== 'wayleave.service'));
  assert.match(text('wayleave-fleet.target'), /^Conflicts=wayleave.service$/m);
  const conflicts = /^Conflicts=(.*)$/m.exec(text('wayleave.service'))[1].split(' ').sort();
  assert.deepEqual(conflicts, wanted);
});
