// What a configuration decides, asked on the command line.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { post, responsesBody } from './lib/http.mjs';
import { World } from './lib/setup.mjs';
import { usageRows } from './lib/state.mjs';
import { until } from './lib/wait.mjs';

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
    const ann = [
      ...['key', 'create', '--config', gateway.configFile, '--name', 'ann', '--tenant', 'research'],
      ...['--role', 'intern', '--role', 'guest', '--label', 'team=blue', '--label', 'floor=3'],
    ];
    await assert.rejects(gateway.cli(...ann), ({ stderr }) => /`wayleave tenant create research`/.test(stderr));
    await gateway.cli('tenant', 'create', 'research', '--config', gateway.configFile);
    await gateway.cli(...ann);
    const { stdout } = await gateway.cli('key', 'list', '--config', gateway.configFile);
    assert.match(stdout, /ann .*\bresearch .*roles intern,guest  floor=3  team=bl/);
    await assert.rejects(
      gateway.cli('key', 'create', '--config', gateway.configFile, '--role', 'in tern'),
      ({ code, stderr }) => code === 2 && /role's name/.test(stderr),
    );
  });

  test('a running gateway explains, with what the providers offer', async () => {
    const ask = (...args) =>
      gateway.cli('route', 'explain', '--url', gateway.url, '--model', 'openai/calls', ...args, { WAYLEAVE_API_KEY: gateway.key });
    const { stdout } = await ask('--json');
    const { decision } = JSON.parse(stdout);
    assert.equal(decision.rule, 'provider-prefix');
    assert.deepEqual(decision.targets.map(({ provider, model }) => `${provider}/${model}`), ['openai/calls']);
    assert.match((await ask('--header', 'x-team=lab-1')).stdout, /^rule {9}.*lab/m);
    const wrong = gateway.cli('route', 'explain', '--url', gateway.url, '--model', 'hello', { WAYLEAVE_API_KEY: 'wrong' });
    await assert.rejects(wrong, ({ code, stderr }) => code === 1 && /key/i.test(stderr) && !/wrong/.test(stderr));
  });

  test('replay shows what another file would change, and what it would cost', async () => {
    await until(async () => /lab/.test((await explain('--model', 'hello', '--header', 'x-team=lab-1')).stdout), 'the route');
    for (const team of ['lab-1', 'lab-2', 'office']) {
      const { status } = await post(gateway, '/v1/responses', responsesBody('calls-not-here'), { headers: { 'x-team': team } });
      assert.equal(status, team === 'office' ? 404 : 200);
    }
    const { status } = await post(gateway, '/v1/responses', responsesBody('hello'));
    assert.equal(status, 200);
    await until(() => usageRows(gateway.stateDir).length >= 3, 'the records');

    const other = path.join(gateway.dir, 'other.yaml');
    const config = JSON.parse(fs.readFileSync(gateway.configFile, 'utf8'));
    config.routes[0].use = ['openai/held'];
    config.prices = { 'openai/*': { input: 10, output: 20 } };
    fs.writeFileSync(other, JSON.stringify(config));
    const { stdout } = await gateway.cli('route', 'replay', '--since', '1h', '--config', other, '--json');
    const { moves, total, without_facts: blind } = JSON.parse(stdout);

    assert.deepEqual(moves.map(({ from, to, requests }) => [from, to, requests]), [
      ['openai/hello', 'openai/held', 2],
      ['openai/hello', 'openai/hello', 1],
    ]);
    assert.deepEqual([total.requests, total.moved_requests, blind], [3, 2, 0]);
    // Ten times the price: the difference is nine times what was recorded.
    assert.ok(Math.abs(total.difference_usd - 9 * total.recorded_usd) < 1e-9, JSON.stringify(total));
    assert.ok(total.recorded_usd > 0);
    assert.match((await gateway.cli('route', 'replay', '--config', other)).stdout, /^2 of 3 requests would go elsewhere\.$/m);
  });

  test('config check runs the tests of the file', async () => {
    const file = path.join(gateway.dir, 'tested.yaml');
    const write = (expect) =>
      fs.writeFileSync(
        file,
        `providers: {demo: {type: demo}, night: {type: demo}}
models: {m: [demo/demo]}
routes: [{name: night, when: {hours: "19:00-07:00", timezone: Asia/Tokyo}, use: [night/demo]}]
tests:
  - {given: {model: m, at: "2026-11-20T23:00+09:00"}, expect: night/demo}
  - {given: {model: m, at: "2026-11-20T12:00+09:00"}, expect: ${expect}}
`,
      );
    write('demo/demo');
    assert.match((await gateway.cli('config', 'check', '--config', file)).stdout, /^2 of its 2 tests passed\.$/m);
    write('night/demo');
    await assert.rejects(
      gateway.cli('config', 'check', '--config', file),
      ({ code, stdout, stderr }) =>
        code === 3 && /^1 of its 2 tests passed/m.test(stdout) && /tested\.yaml:6: tests\[1\]: expected night\/demo/.test(stderr),
    );
  });
});
