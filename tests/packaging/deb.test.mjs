import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, after, test } from 'node:test';
import os from 'node:os';
import { buildDir, folder, run } from './lib/places.mjs';

const nobody = 65534;
const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs', '--bounding-set=-all'];
let here;
let deb;
let unpacked;

before(() => {
  here = fs.mkdtempSync(path.join(os.tmpdir(), 'wayleave-deb-'));
  fs.chmodSync(here, 0o755);
  const made = run('cpack', ['--config', path.join(buildDir, 'CPackConfig.cmake'), '-B', path.join(here, 'made')]);
  assert.ok(made.ok, made.said);
  const file = fs.readdirSync(path.join(here, 'made')).find((name) => name.endsWith('.deb'));
  deb = path.join(here, 'made', file);
  unpacked = path.join(here, 'unpacked');
  execFileSync('dpkg-deb', ['-x', deb, unpacked]);
});
after(() => fs.rmSync(here, { recursive: true, force: true }));

const field = (name) => run('dpkg-deb', ['-f', deb, name]).said.trim();
const contents = () =>
  run('dpkg-deb', ['-c', deb]).said.trim().split('\n').map((line) => {
    const [mode, owner, , , , name] = line.split(/\s+/);
    return { mode, owner, name: name.replace(/^\./, '') };
  });

test('the package says what it is and needs', () => {
  assert.equal(field('Package'), 'wayleave');
  assert.match(path.basename(deb), new RegExp(`^wayleave_${field('Version')}_${field('Architecture')}\\.deb$`));
  const depends = field('Depends');
  for (const name of ['ca-certificates', 'libc6', 'libgrpc++1.51', 'libpq5', 'libsqlite3-0', 'libssl3'])
    assert.ok(depends.split(/, | \(/).includes(name), `${name} in ${depends}`);
});

test('it holds the programs, stripped, the units, the documents, and a configuration', () => {
  const files = new Map(contents().map((entry) => [entry.name, entry]));
  for (const program of ['wayleave', 'wayleave-gateway', 'wayleave-auth', 'wayleave-router', 'wayleave-provider']) {
    assert.equal(files.get(`/usr/bin/${program}`)?.mode, '-rwxr-xr-x', program);
    const sections = run('objdump', ['-h', path.join(unpacked, 'usr/bin', program)]).said;
    assert.doesNotMatch(sections, /\.debug_info/);
  }
  for (const name of ['wayleave.service', 'wayleave-auth.service', 'wayleave-fleet.target'])
    assert.ok(files.has(`/usr/lib/systemd/system/${name}`), name);
  for (const name of ['README.md', 'copyright', 'changelog.gz', 'docs/configuration.md', 'deploy/README.md'])
    assert.ok(files.has(`/usr/share/doc/wayleave/${name}`), name);
  for (const { owner, name } of files.values()) assert.equal(owner, 'root/root', name);
});

test('units start what the package installs', () => {
  const units = path.join(unpacked, 'usr/lib/systemd/system');
  for (const name of fs.readdirSync(units).filter((one) => one.endsWith('.service'))) {
    const [, program] = /^ExecStart=(\S+)/m.exec(fs.readFileSync(path.join(units, name), 'utf8'));
    assert.ok(program.startsWith('/usr/bin/') && fs.existsSync(path.join(unpacked, program)), program);
  }
});

test('what an administrator edits is kept over upgrades, and secrets are closed to others', () => {
  const control = path.join(here, 'control');
  execFileSync('dpkg-deb', ['-e', deb, control]);
  const conffiles = fs.readFileSync(path.join(control, 'conffiles'), 'utf8').trim().split('\n');
  const files = contents().filter(({ name, mode }) => name.startsWith('/etc/') && mode.startsWith('-'));
  assert.deepEqual(conffiles, files.map(({ name }) => name).sort());
  const mode = (name) => contents().find((entry) => entry.name === name).mode;
  assert.equal(mode('/etc/default/wayleave'), '-rw-r-----');
  assert.equal(mode('/etc/wayleave/credentials/'), 'drwx------');
  for (const script of ['postinst', 'prerm', 'postrm']) assert.ok(run('sh', ['-n', path.join(control, script)]).ok);
});

// The packaged program on the packaged configuration, as a user who is nobody here.
class Service {
  constructor(state) {
    this.args = ['--config', path.join(unpacked, 'etc/wayleave/wayleave.yaml'), '--state-dir', state];
  }

  get program() {
    return path.join(unpacked, 'usr/bin/wayleave');
  }

  call(...words) {
    return run('setpriv', [...asNobody, this.program, ...words, ...this.args], { env: {} });
  }

  async start() {
    const serve = [this.program, 'serve', ...this.args, '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
    this.child = spawn('setpriv', [...asNobody, ...serve], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve(code ?? signal)));
    let log = '';
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (text) => (log += text));
    const port = () => /"event":"serving",.*"port":(\d+)/.exec(log)?.[1];
    while (!port()) {
      const more = new Promise((resolve) => this.child.stdout.once('data', () => resolve('')));
      const end = await Promise.race([more, this.ended]);
      if (end !== '') throw new Error(`it ended with ${end}: ${log}`);
    }
    this.url = `http://127.0.0.1:${port()}/v1/responses`;
  }

  async ask(key) {
    const answer = await fetch(this.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'demo', input: 'Hello' }),
    });
    return { status: answer.status, text: await answer.text() };
  }

  end(signal) {
    this.child.kill(signal);
    return this.ended;
  }
}

test('unpacked, it serves as another user, and its keys survive kill -9 and SIGTERM', async (t) => {
  assert.equal(process.getuid(), 0, 'needs root, to become somebody else');
  const state = folder(t, 0o700);
  fs.chownSync(state, nobody, nobody);
  const service = new Service(state);
  const made = service.call('key', 'create', '--name', 'test');
  const key = /wl_\w+/.exec(made.said)?.[0];
  assert.ok(key, made.said);

  await service.start();
  t.after(() => service.end('SIGKILL'));
  assert.equal((await service.ask(key)).status, 200);
  assert.equal((await service.ask('wl_wrong')).status, 401);
  assert.equal(await service.end('SIGKILL'), 'SIGKILL');

  await service.start();
  assert.equal((await service.ask(key)).status, 200);
  assert.equal(await service.end('SIGTERM'), 0);
  for (const name of fs.readdirSync(state)) assert.equal(fs.statSync(path.join(state, name)).uid, nobody, name);
  assert.match(service.call('audit', 'verify').said, /No problem was found/);
});
