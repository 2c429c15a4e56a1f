import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { DockerfileParser } from 'dockerfile-ast';
import { deploy, root, run } from './lib/places.mjs';

const instructions = DockerfileParser.parse(fs.readFileSync(deploy('docker', 'Dockerfile'), 'utf8')).getInstructions();
const all = (keyword) => instructions.filter((one) => one.getKeyword() === keyword);
const words = (one) => one.getArguments().map((argument) => argument.getValue());
const last = (keyword) => words(all(keyword).at(-1));
const known = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'USER', 'ENV', 'VOLUME', 'EXPOSE', 'HEALTHCHECK', 'CMD'];

test('every instruction is one that the replay knows, and every stage is Debian 12', () => {
  for (const one of instructions) assert.ok(known.includes(one.getKeyword()), one.getKeyword());
  assert.deepEqual(all('FROM').map((one) => words(one)[0]), ['debian:bookworm-slim', 'debian:bookworm-slim']);
});

test('what is copied from the repository is there, and no secret goes with it', () => {
  for (const copy of all('COPY').filter((one) => !one.toString().includes('--from=')))
    for (const source of words(copy).slice(0, -1)) assert.ok(fs.existsSync(`${root}/${source}`), source);
  const ignored = fs.readFileSync(deploy('docker', 'Dockerfile.dockerignore'), 'utf8').split('\n');
  for (const name of ['.git', 'build', 'deploy/docker/secrets']) assert.ok(ignored.includes(name), name);
});

test('the image runs as a number that is not root, and is looked at by its own readiness', () => {
  assert.match(last('USER')[0], /^[1-9]\d*:[1-9]\d*$/);
  assert.match(all('HEALTHCHECK').at(-1).toString(), /\/readyz/);
  assert.deepEqual(last('VOLUME'), ['/var/lib/wayleave']);
});

test('the replay reads the same Dockerfile to its end', () => {
  const script = `
import importlib.machinery, importlib.util, json, sys
loader = importlib.machinery.SourceFileLoader("replay", sys.argv[1])
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("replay", loader))
loader.exec_module(module)
print(json.dumps([word for word, _ in module.instructions(open(sys.argv[2]).read())]))`;
  const files = [deploy('docker', 'replay-in-chroot'), deploy('docker', 'Dockerfile')];
  const { ok, said } = run('python3', ['-B', '-c', script, ...files]);
  assert.ok(ok, said);
  assert.deepEqual(JSON.parse(said), instructions.map((one) => one.getKeyword()));
});
