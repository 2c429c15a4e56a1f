// A real Prometheus looks at the running product under real traffic, and every question of every dashboard and rule has an
// answer, or stands in deploy/prometheus/empty_in_health.json with the reason why there is none while all is well.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { codexConfig, runCodex } from './lib/codex.mjs';
import { emptyInHealth, ofPanels, ofRules, ofVariables } from './lib/dashboards.mjs';
import { Fleet } from './lib/fleet.mjs';
import { chatProvider, shapes } from './lib/gateway.mjs';
import { chatBody, post } from './lib/http.mjs';
import { Pki } from './lib/pki.mjs';
import { ofTheMachine, Prometheus } from './lib/prometheus.mjs';
import { Pulse } from './lib/pulse.mjs';
import { MoneyUpstream } from './lib/upstream_money.mjs';

const limits = { concurrent: 8, queue: 8, queue_time: '5s' };
const settings = (upstream, more) => ({
  providers: {
    chat: chatProvider(upstream, { limits, api_keys: ['a-key-of-ours', 'another-key'] }),
    second: chatProvider(upstream),
  },
  models: {
    good: { targets: ['chat/good'] },
    fails: { targets: ['chat/fails'] },
    falls: { targets: ['chat/fails', 'second/good'] },
  },
  sections: {
    router: { retry: { attempts: 2, base: '10ms' }, breaker: { failures: 0 }, max_age: '0s' },
    prices: { 'chat/*': { input: 1, output: 2 }, 'second/*': { input: 1, output: 2 } },
    tenants: {
      acme: { budget: { daily: 5000, monthly: 50000 } },
      tight: { limits: { rpm: 1 }, budget: { daily: 5000 } },
    },
    ...more,
  },
});

// Certificates between the services that do not end soon.
function lasting(pki) {
  const identity = pki.issued({ cn: 'service', names: 'IP:127.0.0.1,DNS:localhost', days: 90 });
  return { grpc: { tls: { ...identity, ca: pki.file('ca.pem'), client_ca: pki.file('ca.pem') } } };
}

for (const shape of shapes) {
  describe(`dashboards and rules, ${shape}`, () => {
    let upstream, fleet, prometheus, key, pki;
    const pulses = [];
    const empty = emptyInHealth(shape);
    const answered = async ({ expr }) => (await prometheus.query(expr)).length > 0;

    before(async () => {
      upstream = await new MoneyUpstream().start();
      pki = new Pki();
      fleet = await Fleet.begin({ shape, ...settings(upstream, shape === 'fleet' ? lasting(pki) : {}) });
      prometheus = await Prometheus.start(fleet);
      key = (await fleet.newKey({ name: 'acme', tenant: 'acme', user: 'ann' })).secret;
      const tight = (await fleet.newKey({ name: 'tight', tenant: 'tight' })).secret;
      await prometheus.until(async () => (await prometheus.looks()) > 1, 'Prometheus to have looked at all');
      pulses.push(new Pulse(fleet, ['good', 'good', 'falls', 'fails'], { key }).start());
      pulses.push(new Pulse(fleet, ['good'], { key: tight, every: 500 }).start());
    });
    after(async () => {
      await Promise.all(pulses.map((pulse) => pulse.stop()));
      await prometheus?.stop();
      await fleet?.stop();
      await upstream?.stop();
      pki?.remove();
    });

    // All that have no answer in time.
    async function silentOf(questions) {
      let silent = questions;
      const heard = async () => {
        const still = [];
        for (const one of silent) if (!(await answered(one))) still.push(one);
        silent = still;
        return silent.length === 0;
      };
      await prometheus.until(heard, 'answers', 40_000).catch(() => {});
      return silent.map(({ place }) => place);
    }

    async function assertAnswered(questions) {
      const listed = questions.filter(({ place }) => empty.has(place));
      const rest = questions.filter(({ place }) => !empty.has(place));
      assert.deepEqual(await silentOf(rest), [], 'no answer, and not listed in empty_in_health.json');
      const talking = [];
      for (const one of listed) if (await answered(one)) talking.push(one.place);
      assert.deepEqual(talking, [], 'listed in empty_in_health.json, and there is an answer');
    }

    test('the real Codex has a turn', async () => {
      const run = await runCodex({ config: codexConfig({ gateway: fleet, model: 'good' }), key, prompt: 'Say hello' });
      assert.equal(run.code, 0, run.said);
      const { status } = await post(fleet, '/v1/chat/completions', chatBody('good'), { key });
      assert.equal(status, 200);
      await pulses[0].more(40);
      const seen = new Set(pulses.flatMap(({ statuses }) => statuses));
      for (const status of [200, 429, 502]) assert.ok(seen.has(status), `there are only ${[...seen]}`);
    });

    test('every panel has data', () => assertAnswered(ofPanels()));

    test('every variable has values', async () => {
      for (const { place, label, series } of ofVariables())
        assert.ok((await prometheus.api(`label/${label}/values`, { 'match[]': series })).length > 0, place);
    });

    test('every rule works, and what it looks at is there', async () => {
      const { sick, count, questions } = await ofRules(prometheus);
      assert.deepEqual(sick, []);
      assert.ok(count > 30, `${count} rules`);
      await assertAnswered(questions);
    });

    test('what is listed as empty is a question that is put', async () => {
      const { questions } = await ofRules(prometheus);
      const places = new Set([...ofPanels(), ...questions].map(({ place }) => place));
      assert.deepEqual(
        [...empty.keys()].filter((place) => !places.has(place)),
        [],
      );
    });

    test('nothing fires', async () => {
      const fired = Object.keys(await prometheus.fired());
      assert.deepEqual(
        fired.filter((name) => !ofTheMachine.includes(name)),
        [],
      );
    });
  });
}
