// What a configuration decides, asked on the command line.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { World } from './lib/setup.mjs';

const routes = [
  { name: 'lab', when: { header: { 'x-team': 'lab*' } }, use: ['openai/hello'], reason: 'the lab has its own' },
];
const models = { hello: 'openai/hello', paced: 'openai/paced-60' };

describe('decisions on the command line', () => {
  let world;
  let gateway;
  before(async () => {
    world = await World.start({ shape: 'serve', models, sections: {} });
    ({ gateway } = world);
    gateway.edit((config) => {
      config.routes = routes;
      config.prices = { 'openai/hello': { input: 1, output: 2 } };
    });
  });
  after(() => world?.stop());

  const explain = (...args) => gateway.cli('route', 'explain', '--config', gateway.configFile, ...args);

  test('explain names rule, reason, targets and steps', async () => {
    const { stdout } = await explain('--model', 'paced', '--header', 'X-Team=lab-7');
    assert.match(stdout, /^rule {9}.*lab.*the lab has its own$/m);
    assert.match(stdout, /^targets {6}1\. openai\/hello .*\$1 in and \$2 out/m);
    assert.match(stdout, /^steps {8}[-+] /m);
  });

  test('the same request without the header goes elsewhere', async () => {
    const { stdout } = await explain('--model', 'paced', '--json');
    const { decision, steps } = JSON.parse(stdout);
    assert.equal(decision.rule, 'exact-model');
    assert.deepEqual(
      decision.targets.map(({ provider, model }) => `${provider}/${model}`),
      ['openai/paced-60'],
    );
    assert.ok(steps.some(({ rule, decided }) => rule === 'exact-model' && decided));
  });

  test('what nobody offers is refused in words, with a hint where more is known', async () => {
    const { stdout } = await explain('--model', 'helo');
    assert.match(stdout, /^refused {6}.*Did you mean `hello`\?/m);
    assert.match(stdout, /--url asks a running gateway/);
  });

  test('wrong arguments and files are told apart', async () => {
    await assert.rejects(explain('--at', 'noon'), ({ code, stderr }) => code === 1 && /--at: must be/.test(stderr));
    const bad = path.join(gateway.dir, 'bad.yaml');
    fs.writeFileSync(bad, 'providers: {demo: {type: demo}}\nmodels: {a: [nobody/m]}\n');
    for (const verb of [['config', 'check'], ['route', 'explain'], ['route', 'replay']])
      await assert.rejects(
        gateway.cli(...verb, '--config', bad),
        ({ code, stderr }) => code === 2 && /bad\.yaml:2: models\.a\[0\]/.test(stderr),
      );
  });

  test('replay of a place where nothing is recorded says so', async () => {
    await assert.rejects(
      gateway.cli('route', 'replay', '--config', gateway.configFile, '--state-dir', path.join(gateway.dir, 'none')),
      ({ code, stderr }) => code === 1 && /no records in .*none/.test(stderr),
    );
    assert.ok(!fs.existsSync(path.join(gateway.dir, 'none')));
  });

  test('a key has the roles, labels and tenant that it was made with', async () => {
    await gateway.cli(
      ...['key', 'create', '--config', gateway.configFile, '--name', 'ann', '--tenant', 'research'],
      ...['--role', 'intern', '--role', 'guest', '--label', 'team=blue', '--label', 'floor=3'],
    );
    const { stdout } = await gateway.cli('key', 'list', '--config', gateway.configFile);
    assert.match(stdout, /ann .*\bresearch +intern,guest +floor=3,team=blue\n/);
    await assert.rejects(
      gateway.cli('key', 'create', '--config', gateway.configFile, '--role', 'in tern'),
      ({ code, stderr }) => code === 1 && /role's name/.test(stderr),
    );
  });
});
