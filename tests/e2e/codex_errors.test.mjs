// What the user of Codex sees, and how often Codex asks, when something goes wrong.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { codexConfig, runCodex } from './lib/codex.mjs';
import { shapes } from './lib/gateway.mjs';
import { World } from './lib/setup.mjs';
import { until } from './lib/wait.mjs';

// `requests`: at the upstream, with one retry allowed. `shows`: in what Codex tells.
const rows = [
  { fault: 'fault-404', requests: 1, shows: /not found/ },
  { fault: 'fault-context', requests: 1, shows: /ran out of room in the model's context window/ },
  {
    fault: 'fault-reset',
    requests: 2,
    shows: /stream disconnected before completion: (?!stream closed|Transport error)/,
  },
  {
    fault: 'fault-eof',
    requests: 2,
    shows: /stream disconnected before completion: (?!stream closed|Transport error)/,
  },
  { fault: 'fault-chunk', requests: 2, shows: /CUDA out of memory/ },
  { fault: 'fault-length', requests: 1, shows: /max_output_tokens/ },
  { fault: 'fault-length-calls', requests: 1, shows: /max_output_tokens/ },
  { fault: 'fault-filter', requests: 1, shows: /filter|policy/i },
];
const models = Object.fromEntries(
  [...rows.map(({ fault }) => fault), 'silent-2000', 'endless'].map((name) => [name, `openai/${name}`]),
);

for (const shape of shapes) {
  describe(`Codex and errors, ${shape}`, () => {
    let world;
    before(async () => (world = await World.start({ shape, models, providerOptions: { keep_alive: '300ms' } })));
    after(() => world?.stop());
    const codex = (model, options = {}) =>
      runCodex({
        config: codexConfig({ gateway: world.gateway, model, retries: 1, ...options }),
        key: world.gateway.key,
        ...options,
      });

    for (const { fault, requests, shows } of rows) {
      test(`${fault}: ${requests} request(s) and a text`, async () => {
        const run = await codex(fault);

        assert.notEqual(run.code, 0, run.said);
        assert.match(run.said, shows);
        assert.equal(world.upstreams.openai.of(fault).length, requests, run.said);
        assert.deepEqual(run.files, {}, 'nothing was executed');
      });
    }

    test('an unknown model: one request, and the text names the models that exist', async () => {
      const before = await world.gateway.metric('gateway', 'wayleave_gateway_requests_total');
      const run = await codex('no-such-model');

      assert.notEqual(run.code, 0, run.said);
      assert.match(run.said, /no-such-model/);
      assert.match(run.said, /fault-404/);
      assert.equal(
        (await world.gateway.metric('gateway', 'wayleave_gateway_requests_total')) - before,
        1,
        'requests at the gateway',
      );
    });

    test('a bad key: 401 and the text says so, without the key', async () => {
      const run = await codex('fault-404', { key: 'wrong-key-canary' });

      assert.notEqual(run.code, 0, run.said);
      assert.match(run.said, /401 Unauthorized/);
      assert.doesNotMatch(run.said, /wrong-key-canary/);
    });

    test('a silent upstream does not trip the idle timer: keep-alives are data', async () => {
      const run = await codex('silent-2000', { extra: 'stream_idle_timeout_ms = 1000\n' });

      assert.equal(run.code, 0, run.said);
      assert.equal(run.lastMessage, 'late');
      assert.equal(world.upstreams.openai.of('silent-2000').length, 1);
    });

    test('an interrupted Codex closes the upstream', async () => {
      const running = codex('endless', { timeoutMs: 3_000 });
      const exchange = await world.upstreams.openai.arrived('endless');
      await running;

      await until(() => exchange.closedAt, 'the upstream connection to close', 2_000);
      assert.equal(exchange.early, true);
    });
  });
}
