// What a gateway tells of itself: /admin/v1/live, /admin/v1/health and `wayleave top`, each key seeing its own only.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { assertRefused, names } from './lib/admin_scene.mjs';
import { onRecord } from './lib/children.mjs';
import { binDir } from './lib/env.mjs';
import { StatusScene } from './lib/status_scene.mjs';
import { patience, until, within } from './lib/wait.mjs';

const sum = (list) => list.reduce((all, value) => all + value, 0);
const group = (groups, name) => groups.find((one) => one.name === name);

for (const shape of ['serve', 'fleet']) {
  describe(`the state of a gateway, ${shape}`, () => {
    let [scene, fleet, desk] = [];
    before(async () => {
      scene = await StatusScene.start({ shape });
      ({ fleet, desk } = scene);
    });
    after(() => scene?.stop());

    const keyOf = (key) => ({ WAYLEAVE_ADMIN_KEY: key });
    const adminUrl = () => `http://127.0.0.1:${fleet.adminPort()}`;
    const top = (...args) => fleet.cli('top', '--url', adminUrl(), ...args, keyOf(fleet.operator.secret));

    test('rates and costs are those that are recorded', async () => {
      for (let n = 0; n < 3; n++) assert.equal((await scene.request('research', 'counted')).status, 200);
      assert.equal((await scene.request('sales', 'counted')).status, 200);
      const live = await scene.seen(({ series }) => sum(series.requests) >= 4, 'four requests');
      const recorded = async () => (await desk.tells('/usage/sums?by=tenant')).sums;
      const sums = await until(
        async () => (await recorded()).length === 2 && (await recorded()),
        'both tenants on record',
      );
      for (const {
        group: [tenant],
        requests,
        output_tokens,
        cost_nano_usd,
      } of sums) {
        const { ten_minutes: counted } = group(live.tenants, tenant);
        assert.deepEqual(
          [counted.requests, counted.output_tokens, counted.cost_nano_usd],
          [requests, output_tokens, cost_nano_usd],
        );
      }
      assert.equal(sum(live.series.cost_nano_usd), sum(sums.map(({ cost_nano_usd }) => cost_nano_usd)));
      assert.equal(live.series.requests.length, 600);
      assert.equal(group(live.targets, 'books/counted').ten_minutes.requests, 4);
    });

    test('a request in progress is seen until it ends', async () => {
      const answer = await scene.holding('research');
      const live = await scene.seen(
        ({ requests }) => requests.some((one) => one.output_tokens > 0),
        'words of the answer',
      );
      const [request] = live.requests;
      assert.equal(live.in_flight, 1);
      const { tenant, user, endpoint, model, target, phase, stream } = request;
      assert.deepEqual(
        [tenant, user, endpoint, model, target, phase, stream],
        ['research', 'research-ann', 'chat_completions', 'held', 'talk/held', 'answering', true],
      );
      assert.match(request.request_id, /^req_/);
      assert.match(request.key_id, /^key_/);
      await answer.end();
      await scene.seen((now) => now.in_flight === 0, 'its end');
    });

    test('errors have codes and words of ours, and the circuit is told', async () => {
      const secret = 'a very private model name'.repeat(10);
      assert.equal((await scene.request('sales', secret)).status, 404);
      for (let n = 0; n < 3; n++) await scene.request('sales', 'broken');
      const live = await scene.seen(({ errors }) => errors.length >= 4, 'four errors');
      const unknown = live.errors.find(({ code }) => code === 'model_not_found');
      assert.equal(unknown.tenant, 'sales');
      assert.ok(Buffer.byteLength(unknown.model) <= 128 && secret.startsWith(unknown.model));
      assert.match(unknown.message, /wayleave route explain/);
      const failed = live.errors.find(({ target }) => target === 'gone/broken');
      assert.ok(failed.status >= 500 && failed.message, JSON.stringify(failed));
      assert.ok(group(live.codes, 'model_not_found').ten_minutes.errors >= 1);
      const out = ({ targets }) => targets.find(({ provider, circuit }) => provider === 'gone' && circuit === 'open');
      const health = await until(
        async () => out(await desk.tells('/health')) && (await desk.tells('/health')),
        'the circuit',
      );
      assert.equal(out(health).failures, 3);
      assert.ok(out(health).wait_ms > 0);
      assert.deepEqual(names(health.parts).sort(), ['auth', 'database', 'gateway', 'provider', 'router']);
      assert.ok(
        health.parts.every(({ ready }) => ready),
        JSON.stringify(health.parts),
      );
    });

    test('a key of one tenant sees that tenant alone', async () => {
      const own = await scene.scoped('research', 'admin:read');
      const answer = await scene.holding('sales');
      await scene.seen((now) => now.in_flight === 1, 'the request of sales');
      const live = await own.tells('/live');
      const health = await own.tells('/health');
      await answer.end();
      assert.deepEqual(
        [live.in_flight, live.tenant, live.errors, live.targets, live.codes],
        [0, 'research', [], [], []],
      );
      assert.deepEqual(names(live.tenants), ['research']);
      assert.equal(sum(live.series.requests), group(live.tenants, 'research').ten_minutes.requests);
      assert.deepEqual([health.targets, ...new Set(health.parts.map(({ detail }) => detail))], [[], '']);
      assert.doesNotMatch(JSON.stringify([live, health]), /sales|books|gone|127\.0\.0\.1/);
    });

    test('other keys see nothing', async () => {
      for (const path of ['/live', '/health']) {
        assertRefused(await scene.as(undefined).get(path), 401, 'invalid_api_key');
        assertRefused(await scene.as('wl_nonsense').get(path), 401);
        assertRefused(await scene.as(scene.keys.research).get(path), 403, 'missing_scope');
        assertRefused(await desk.get(`${path}?tenant=sales`), 400);
        assertRefused(await desk.call('GET', path, undefined, { origin: 'https://evil.example' }), 403);
      }
    });

    test('`wayleave top` prints a frame, as text and as JSON', async () => {
      const { stdout } = await top('--once');
      for (const words of [
        /^wayleave \d/,
        /auth ok .*database ok/,
        /TENANT .*COST/,
        /research/,
        /gone\/broken .*open/,
        /model_not_found/,
      ])
        assert.match(stdout, words);
      assert.ok(stdout.split('\n').every((line) => line.length <= 100));
      assert.equal(stdout.includes('\x1b'), false);
      assert.equal((await top()).stdout.includes('\x1b'), false, 'no terminal, no control characters');
      const json = JSON.parse((await top('--json')).stdout);
      assert.deepEqual(names(json.live.tenants).sort(), ['research', 'sales']);
      assert.equal(json.health.parts.length, 5);
    });

    test('`wayleave top` takes the key from a file, and says what is wrong', async () => {
      const url = adminUrl();
      const file = path.join(fleet.dir, 'admin.key');
      fs.writeFileSync(file, `${fleet.operator.secret}\n`);
      assert.match((await fleet.cli('top', '--once', '--url', url, '--key-file', file)).stdout, /^wayleave/);
      const fails = async (args, variables, code, words) => {
        const error = await fleet.cli('top', '--once', ...args, variables).then(
          ({ stdout }) => assert.fail(stdout),
          (failure) => failure,
        );
        assert.deepEqual([error.code, words.test(error.stderr)], [code, true], error.stderr);
        assert.equal(error.stderr.includes(fleet.operator.secret), false);
      };
      await fails(['--url', url], {}, 2, /WAYLEAVE_ADMIN_KEY/);
      await fails(['--url', url], keyOf('wl_nonsense'), 1, /key/);
      await fails(['--url', 'ftp://here'], keyOf(fleet.operator.secret), 2, /--url/);
      await fails(['--url', fleet.url], keyOf(fleet.operator.secret), 1, /./);
      await fails(['--url', url, '--key-file', `${file}.no`], {}, 2, /--key-file/);
    });
  });
}

test('what is away is told, and the rest goes on', async () => {
  const scene = await StatusScene.start({ shape: 'fleet' });
  try {
    await scene.fleet.kill('router');
    const part = (health, name) => health.parts.find((one) => one.name === name);
    const health = await until(async () => {
      const now = await scene.desk.tells('/health');
      return !part(now, 'router').ready && now;
    }, 'the router to be missed');
    assert.match(part(health, 'router').detail, /is it running\?/);
    assert.equal(part(health, 'auth').ready, true);
    assert.equal((await scene.desk.get('/live')).status, 200);
    scene.fleet.restart('router');
    await until(async () => part(await scene.desk.tells('/health'), 'router').ready, 'the router to be back');
  } finally {
    await scene.stop();
  }
});

// A terminal of 100 by 30, by the program `script`.
class Terminal {
  constructor(command, env) {
    this.shown = '';
    const line = `stty cols 100 rows 30; exec ${command}`;
    this.child = onRecord(spawn('script', ['-qec', line, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] }));
    this.child.stdout.setEncoding('utf8').on('data', (text) => (this.shown += text));
    this.ended = new Promise((resolve) => this.child.once('exit', (code) => resolve(code)));
  }

  type(keys) {
    this.child.stdin.write(keys);
  }
}

test('`wayleave top` takes a terminal over and gives it back', async () => {
  const scene = await StatusScene.start();
  try {
    await scene.request('research', 'counted');
    const command = `${path.join(binDir(), 'wayleave')} top --url http://127.0.0.1:${scene.fleet.adminPort()}`;
    const env = {
      ...scene.fleet.env,
      TERM: 'xterm',
      SHELL: '/bin/sh',
      WAYLEAVE_ADMIN_KEY: scene.fleet.operator.secret,
    };
    for (const keys of ['q', '\x03']) {
      const terminal = new Terminal(command, env);
      await until(() => terminal.shown.includes('research'), 'the tenant on the screen');
      await until(() => terminal.shown.split('\x1b[H').length > 3, 'more than one frame');
      terminal.type(keys);
      assert.equal(await within(terminal.ended, patience, 'the end of top'), 0);
      assert.ok(terminal.shown.includes('\x1b[?1049h') && terminal.shown.endsWith('\x1b[?25h\x1b[?1049l'));
    }
  } finally {
    await scene.stop();
  }
});

test('`wayleave top` gives the terminal back when it is told to end', async () => {
  const scene = await StatusScene.start();
  try {
    const place = path.join(scene.fleet.dir, 'top.pid');
    const command = `sh -c 'echo $$ > ${place}; exec ${path.join(binDir(), 'wayleave')} top --url http://127.0.0.1:${scene.fleet.adminPort()}'`;
    const env = {
      ...scene.fleet.env,
      TERM: 'xterm',
      SHELL: '/bin/sh',
      WAYLEAVE_ADMIN_KEY: scene.fleet.operator.secret,
    };
    const terminal = new Terminal(command, env);
    await until(() => terminal.shown.includes('in progress'), 'the first frame');
    await promisify(execFile)('kill', ['-TERM', fs.readFileSync(place, 'utf8').trim()]);
    assert.equal(await within(terminal.ended, patience, 'the end of top'), 0);
    assert.ok(terminal.shown.endsWith('\x1b[?25h\x1b[?1049l'));
  } finally {
    await scene.stop();
  }
});
