// The configuration is edited while the product runs: what is new is there, what is bad is refused, nobody notices.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { manyModels, manyPrices, manyRoutes } from './lib/big_config.mjs';
import { chatProvider, shapes } from './lib/gateway.mjs';
import { get, post, responsesBody } from './lib/http.mjs';
import { World } from './lib/setup.mjs';
import { ChatUpstream } from './lib/upstream_chat.mjs';
import { atMost, until } from './lib/wait.mjs';

const listed = async (gateway) => (await get(gateway, '/v1/models')).json.data.map(({ id }) => id);
const answers = async (gateway, model) =>
  (await post(gateway, '/v1/responses', responsesBody(model))).status === 200;
const lines = (gateway, event) =>
  gateway.logs
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line));

for (const shape of shapes) {
  describe(`reload, ${shape}`, () => {
    let world;
    let gateway;
    before(async () => {
      world = await World.start({ shape, models: { hello: 'openai/hello' } });
      ({ gateway } = world);
    });
    after(() => world?.stop());

    test('a model that is written into the file is listed and answers', async () => {
      gateway.edit(({ models }) => (models.added = { targets: ['openai/hello'] }));
      await until(async () => (await listed(gateway)).includes('added'), 'the new model in the list', 3_000);
      assert.ok(await answers(gateway, 'added'));
    });

    test('so is one of a provider that was not there before, and one that is taken out is gone', async () => {
      const upstream = await new ChatUpstream({ style: 'openai', key: 'another-secret' }).start();
      try {
        gateway.edit(({ models, providers }) => {
          providers.another = chatProvider(upstream);
          models.elsewhere = { targets: ['another/hello'] };
        });
        await until(() => answers(gateway, 'elsewhere'), 'an answer of the new provider', 3_000);
        assert.equal(upstream.of('hello').length, 1);
        gateway.edit(({ models, providers }) => {
          delete providers.another;
          delete models.elsewhere;
        });
        await until(async () => !(await listed(gateway)).includes('elsewhere'), 'the model to go', 3_000);
      } finally {
        await upstream.stop();
      }
    });

    test('a bad file is refused with its place, the old one serves, and a good one mends it', async () => {
      const refused = () => gateway.metric('router', 'wayleave_config_reloads_total', { result: 'refused' });
      const good = await refused();
      gateway.edit(({ models }) => (models.broken = { targets: ['opnai/hello'] }));
      await until(async () => (await refused()) > good, 'the refusal', 3_000);

      assert.equal(await gateway.metric('router', 'wayleave_config_last_reload_ok'), 0);
      const told = lines(gateway, 'config.refused').at(-1).problem;
      assert.match(told, /wayleave\.yaml:\d+: models\.broken\.targets\[0\]: the provider `opnai` is not configured/);
      assert.ok(await answers(gateway, 'hello'));
      assert.ok(!(await listed(gateway)).includes('broken'));

      gateway.edit(({ models }) => (models.broken.targets = ['openai/hello']));
      await until(() => answers(gateway, 'broken'), 'the mended file', 3_000);
      assert.equal(await gateway.metric('router', 'wayleave_config_last_reload_ok'), 1);
    });

    test('SIGHUP reads the file again', async () => {
      const read = () => gateway.metric('router', 'wayleave_config_reloads_total', { result: 'ok' });
      const before = await read();
      gateway.process('router').signal('SIGHUP');
      await until(async () => (await read()) > before, 'the reading', 3_000);
      assert.ok(await answers(gateway, 'hello'));
    });

    test('what needs a restart is named', async () => {
      gateway.edit((config) => (config.gateway.limits = { body_bytes: '1MiB' }));
      await until(
        () => lines(gateway, 'config.needs_restart').some(({ keys }) => keys === 'gateway.limits'),
        'the warning',
        3_000,
      );
    });
  });

  describe(`reload of 2,000 models and 500 rules under load, ${shape}`, () => {
    let world;
    let gateway;
    before(async () => {
      world = await World.start({
        shape,
        models: manyModels('openai', 2_000),
        sections: { gateway: { access_log: false } },
      });
      ({ gateway } = world);
    });
    after(() => world?.stop());

    test('takes less than a second and fails no request', async () => {
      let stop = false;
      const counts = { good: 0, bad: [] };
      const client = async (n) => {
        for (let i = n; !stop; i += 8) {
          const body = responsesBody(`model-${i % 2_000}`, { stream: i % 2 === 0 });
          const { status, text } = await post(gateway, '/v1/responses', body, {
            headers: { 'x-team': `team-${i % 500}-a` },
          });
          if (status === 200 && (i % 2 || text.includes('response.completed'))) counts.good++;
          else counts.bad.push(`${status} ${text.slice(0, 300)}`);
        }
      };
      const clients = Array.from({ length: 8 }, (_, n) => client(n));
      try {
        for (let round = 0; round < 5; round++) {
          gateway.edit((config) => {
            config.routes = manyRoutes('openai', 500);
            config.prices = manyPrices('openai', 2_000);
            config.models[`round-${round}`] = { targets: ['openai/hello'] };
          });
          await until(() => answers(gateway, `round-${round}`), `the model of round ${round}`, 10_000);
        }
      } finally {
        stop = true;
        await Promise.all(clients);
      }

      assert.deepEqual(counts.bad, []);
      assert.ok(counts.good > 50, `only ${counts.good} requests: that is no load`);
      const seconds = lines(gateway, 'router.reloaded').map((line) => line.seconds);
      assert.ok(seconds.length >= 5, `${seconds.length} reloads`);
      assert.ok(Math.max(...seconds) < atMost(1), `reloads took ${seconds} s`);
    });
  });
}
