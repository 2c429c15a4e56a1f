// Targets that are out for a while: clients notice nothing, the sick one is hardly asked, and is used again when it is
// well.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FaultScene } from './lib/faults_scene.mjs';
import { assertError, chatBody, post, responsesBody } from './lib/http.mjs';
import { shapes } from './lib/gateway.mjs';
import { load, mostOpenings } from './lib/outage.mjs';
import { sleep, until } from './lib/wait.mjs';

const failures = 3;
const breaker = { failures, open: '400ms', most_open: '2s' };
const times = { open: 400, mostOpen: 2000 };
const clients = 4;
const outage = 4_000;

const withNext = (model) => [`sick/${model}`, `well/ok@${model}`];
const models = {
  out: withNext('out'),
  flaps: withNext('flaps'),
  limited: withNext('limited'),
  'all-out': ['sick/all-out', 'sick/all-out-too'],
  'long-out': ['sick/long-out'],
};
const sick = ({ sick: { url } }) => ({ sick: { type: 'openai-compatible', dialect: 'chat', base_url: `${url}/v1` } });

// It answers after a rest, and fails whoever comes on its heels.
const flapping = ({ at }, before) => (before && at - before.at < 200 ? '500' : 'ok');

for (const shape of shapes) {
  describe(`circuits, ${shape}`, { concurrency: 1 }, () => {
    let scene;
    before(async () => {
      const router = { breaker, probe_interval: '1m', retry: { base: '10ms' } };
      const targets = { 'sick/flaps': { attempts: 1 } };
      scene = await FaultScene.start({ shape, models, providers: sick, router, targets });
    });
    after(() => scene?.stop());

    const circuit = (name, model) =>
      scene.count(`wayleave_router_circuit_${name}`, { provider: 'sick', model }, 'router');
    const opened = (model) => until(async () => (await circuit('state', model)) === 1, `${model}'s circuit to open`);

    // Under load for as long as an outage takes: what the sick target got, and what the clients saw.
    async function underLoad(model) {
      const start = performance.now();
      const running = load(scene.gateway, model, clients);
      await sleep(outage); // the length of what is observed; nothing is waited for
      return { running, asked: scene.sick.of(model).length, ms: performance.now() - start };
    }

    test('an outage: no client notices, the sick target is hardly asked, and used again when it is well', async () => {
      scene.sick.plan('out', ['500']);
      const { running, asked, ms } = await underLoad('out');
      scene.sick.plan('out', ['ok']);
      await until(() => scene.sick.of('out').length > asked + 20, 'the target to be used again', 10_000);
      const { good, bad } = await running.stop();

      assert.deepEqual(bad, []);
      // Each client may be with it, a second time too, before its circuit opens; then one at a time tries it.
      const most = failures + 2 * clients + mostOpenings(times, ms);
      assert.ok(asked <= most, `${asked} requests in an outage of ${ms} ms, at most ${most} were to be expected`);
      assert.ok(asked > failures, 'it was tried again');
      assert.ok(good > 2 * most, `${good} requests: that is no load`);
      assert.equal(await circuit('state', 'out'), 0);
    });

    test('a target that answers once and fails again is hardly asked, too', async () => {
      scene.sick.plan('flaps', flapping);
      const { running, asked, ms } = await underLoad('flaps');
      const { good, bad } = await running.stop();

      assert.deepEqual(bad, []);
      const most = mostOpenings(times, ms) * (1 + failures + clients);
      assert.ok(asked <= most, `${asked} requests in ${ms} ms, at most ${most} were to be expected`);
      assert.ok((await circuit('openings_total', 'flaps')) > 1, 'it did not flap');
      assert.ok(good > 2 * most, `${good} requests: that is no load`);
    });

    test('a 429 with Retry-After: nobody comes before the time', async () => {
      scene.sick.plan('limited', ['429-3', 'ok']);
      const first = await post(scene.gateway, '/v1/responses', responsesBody('limited'));
      assert.equal(first.status, 200);
      await opened('limited');
      const running = load(scene.gateway, 'limited', clients);
      await until(() => scene.sick.of('limited').length > 5, 'the target to be used again', 20_000);
      const { bad } = await running.stop();

      assert.deepEqual(bad, []);
      const [limited, next] = scene.sick.of('limited');
      assert.ok(next.at - limited.at >= 3_000, `asked again after ${next.at - limited.at} ms`);
    });

    test('all targets are out: 503 in words, and when to come again', async () => {
      scene.sick.plan('all-out', ['429-60']);
      scene.sick.plan('all-out-too', ['429-50']);
      assertError(await post(scene.gateway, '/v1/responses', responsesBody('all-out')), 429, 'rate_limit_exceeded');
      await opened('all-out');
      await opened('all-out-too');
      const refused = () => scene.count('wayleave_router_no_healthy_target_total', {}, 'router');
      const before = await refused();

      const answer = await post(scene.gateway, '/v1/chat/completions', chatBody('all-out'));
      const { message } = assertError(answer, 503, 'no_healthy_target');
      const why = (time) => String.raw`it asked not to be asked for now \(status_429\), tried again in ${time} s`;
      assert.match(message, new RegExp(`sick/all-out, ${why('(60|5\\d)')}; sick/all-out-too, ${why('(50|4\\d)')}`));
      assert.ok(Number(answer.headers['retry-after']) > 30 && Number(answer.headers['retry-after']) <= 50);

      // Codex waits as often as it must, but never so long that its user is not served when it is over.
      const codex = await post(scene.gateway, '/v1/responses', responsesBody('all-out'));
      assert.equal(assertError(codex, 503, 'no_healthy_target').message.length, message.length);
      assert.equal(codex.headers['retry-after'], '5');

      assert.equal(await refused(), before + 2);
      for (const model of ['all-out', 'all-out-too']) assert.equal(scene.sick.of(model).length, 1, model);
    });

    test('out for longer than Codex would wait: it is told at once to choose another model', async () => {
      scene.sick.plan('long-out', ['429-600']);
      assertError(await post(scene.gateway, '/v1/responses', responsesBody('long-out')), 429);
      await opened('long-out');
      const answer = await post(scene.gateway, '/v1/responses', responsesBody('long-out'));
      assertError(answer, 503, 'server_is_overloaded');
      assert.equal(answer.headers['retry-after'], undefined);
      assert.equal(scene.sick.of('long-out').length, 1);
    });
  });

  describe(`repeats in an outage, ${shape}`, () => {
    let scene;
    before(async () => {
      scene = await FaultScene.start({ shape, models: { out: withNext('500@out') }, providers: sick });
    });
    after(() => scene?.stop());

    test('are a fifth of the requests, ten, and one a second', async () => {
      const start = performance.now();
      const running = load(scene.gateway, 'out', clients);
      await until(() => running.seen.good >= 100, '100 answers');
      const { good, bad } = await running.stop();
      const seconds = Math.ceil((performance.now() - start) / 1000);

      assert.deepEqual(bad, []);
      const repeats = scene.sick.of('500@out').length - good;
      assert.ok(repeats >= 10 && repeats <= 10 + good / 5 + seconds, `${repeats} repeats for ${good} requests`);
      assert.ok((await scene.count('wayleave_gateway_retry_budget_exhausted_total', {})) > 0);
    });
  });
}
