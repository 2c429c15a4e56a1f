// With the default settings: a server that comes back is used again within seconds, and neither a full queue nor a key
// that the provider limits or refuses makes a target sick.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertGood, assertTold, FaultScene } from './lib/faults_scene.mjs';
import { shapes } from './lib/gateway.mjs';
import { assertError, post, responsesBody } from './lib/http.mjs';
import { load, mostOpenings } from './lib/outage.mjs';
import { FaultUpstream } from './lib/upstream_faults.mjs';
import { patience, until } from './lib/wait.mjs';

const limits = (queue_time) => ({ concurrent: 1, queue: 1, queue_time });

const providersOf = (lost) => ({ sick }) => {
  const at = (url, more) => ({ type: 'openai-compatible', dialect: 'chat', base_url: `${url}/v1`, ...more });
  return {
    lost: at(lost.url),
    busy: at(sick.url, { limits: limits('1m') }),
    hasty: at(sick.url, { limits: limits('300ms') }),
    refused: at(sick.url, { api_keys: ['a-refused', 'b-good'] }),
    limited: at(sick.url, { api_keys: ['c-limited', 'd-good'] }),
    spent: at(sick.url, { api_keys: ['e-limited', 'f-limited'] }),
  };
};
const models = { lost: ['lost/ok', 'well/ok@lost'], busy: ['busy/held@next', 'well/ok@busy'] };

for (const shape of shapes) {
  describe(`circuits with the default settings, ${shape}`, { concurrency: 2 }, () => {
    let scene;
    let lost;
    before(async () => {
      lost = await new FaultUpstream().start();
      scene = await FaultScene.start({ shape, models, providers: providersOf(lost), router: {} });
    });
    after(async () => {
      await scene?.stop();
      await lost?.stop();
    });

    const openings = (provider) => scene.count('wayleave_router_circuit_openings_total', { provider }, 'router');
    const ask = (model) => post(scene.gateway, '/v1/responses', responsesBody(model));
    const queued = (provider) => scene.count('wayleave_provider_queued', { provider }, 'provider');
    const cooling = (provider, key) => scene.count('wayleave_provider_keys_cooling', { provider, key }, 'provider');
    const connects = (result) =>
      scene.count('wayleave_provider_upstream_connects_total', { provider: 'lost', result }, 'provider');

    // A request that is answered when the server lets go of it, and if `next` says so one that waits for it.
    async function occupy(provider, model, upstreamModel, next) {
      const answers = [scene.ask(model)];
      await scene.sick.arrived(upstreamModel);
      if (next) answers.push(scene.ask(model));
      if (next) await until(async () => (await queued(provider)) === 1, 'the second request to wait');
      return answers;
    }

    async function letGo(answers) {
      let done = false;
      const all = Promise.all(answers).finally(() => (done = true));
      await until(() => scene.sick.letGo() ?? done, 'the answers');
      for (const answer of await all) assertGood(answer);
    }

    test('a server that is away for ten seconds and more: asked a few times, used again within seconds', async () => {
      assert.equal((await ask('lost')).status, 200);
      await lost.down();
      const start = performance.now();
      const running = load(scene.gateway, 'lost', 4);
      // The fifth opening lasts for 12.8 s at least: what ends it earlier is a sign of life.
      await until(async () => (await openings('lost')) >= 5, 'the fifth opening', patience);
      const ms = performance.now() - start;
      const asked = await connects('failed');
      const before = lost.of('ok').length;
      await lost.up();
      await until(() => lost.of('ok').length > before + 20, 'the server to be used again', 12_000);
      const { bad } = await running.stop();

      assert.deepEqual(bad, []);
      const most = 5 + 2 * 4 + mostOpenings({ open: 1_000, mostOpen: 60_000 }, ms);
      assert.ok(asked <= most, `${asked} connections in ${ms} ms, at most ${most} were to be expected`);
    });

    describe('queues and keys', { concurrency: 1 }, () => {
      test('a full queue is an overload, and no failure of the target', async () => {
        const answers = await occupy('busy', 'busy/held@full', 'held@full', true);
        for (let n = 0; n < 6; n++) {
          const answer = await scene.ask('busy/held@full');
          assertTold(answer, { status: 503, code: 'server_is_overloaded', wait: '1' });
          assert.match(answer.json.error.message, /is busy: as many requests as may be wait for it/);
        }
        assert.equal(scene.sick.of('held@full').length, 1);
        await letGo(answers);
        assert.equal(scene.sick.of('held@full').length, 2);
        assert.equal(await openings('busy'), 0);
      });

      test('with another target, a full queue leads there', async () => {
        const answers = await occupy('busy', 'busy', 'held@next', true);
        assertGood(await scene.ask('busy'));
        assert.equal(scene.well.of('ok@busy').length, 1);
        await letGo(answers);
      });

      test('whoever waits too long in the queue is told so', async () => {
        const answers = await occupy('hasty', 'hasty/held@late', 'held@late', false);
        const answer = await scene.ask('hasty/held@late');
        assertTold(answer, { status: 503, code: 'server_is_overloaded', wait: '1' });
        assert.match(answer.json.error.message, /its turn did not come in time/);
        assert.equal(scene.sick.of('held@late').length, 1);
        await letGo(answers);
        assert.equal(await openings('hasty'), 0);
      });

      test('a key that is refused rests alone: the other one serves', async () => {
        scene.sick.keyPlan('a-refused', ['401']);
        for (let n = 0; n < 6; n++) assert.equal((await ask('refused/ok@keys')).status, 200);
        assert.equal(scene.sick.withKey('a-refused').length, 1);
        assert.equal(scene.sick.withKey('b-good').length, 6);
        assert.equal(await cooling('refused', '0'), 1);
        assert.equal(await cooling('refused', '1'), 0);
        assert.equal(await openings('refused'), 0);
      });

      test('a key that is limited rests for as long as the provider says, and comes back', async () => {
        scene.sick.keyPlan('c-limited', ['429-1', 'ok']);
        const running = load(scene.gateway, 'limited/ok@keys', 2);
        await until(() => scene.sick.withKey('c-limited').length >= 5, 'the limited key to be used again', 20_000);
        const { good, bad } = await running.stop();

        assert.deepEqual(bad, []);
        const [limited, next] = scene.sick.withKey('c-limited');
        assert.ok(next.at - limited.at >= 1_000, `used again after ${next.at - limited.at} ms`);
        assert.ok(good > 5 && scene.sick.withKey('d-good').length > 5);
        assert.equal(await openings('limited'), 0);
      });

      test('all keys are limited: the client is told when the first is ready', async () => {
        scene.sick.keyPlan('e-limited', ['429-60']);
        scene.sick.keyPlan('f-limited', ['429-40']);
        const answer = await ask('spent/ok@keys');
        assertError(answer, 429, 'rate_limit_exceeded');
        assert.ok(Number(answer.headers['retry-after']) <= 40);
        for (const key of ['e-limited', 'f-limited']) assert.equal(scene.sick.withKey(key).length, 1, key);
      });
    });
  });
}
