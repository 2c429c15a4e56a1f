// Two provider-services and two router-services: the load is spread evenly, and what one request found out about a target
// is known to both routers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertError, post, responsesBody, stream } from './lib/http.mjs';
import { assertSpread, shares } from './lib/replicas.mjs';
import { World } from './lib/setup.mjs';
import { until } from './lib/wait.mjs';

const replicas = { provider: 2, router: 2 };
const eachDecided = { max_age: '0s' };
const count = 400;

async function document(gateway) {
  const { status, text } = await post(gateway, '/v1/responses', responsesBody('hello'));
  assert.equal(status, 200, text);
}

async function streamed(gateway) {
  const { events } = await stream(gateway, '/v1/responses', responsesBody('hello'));
  assert.equal(events.at(-1).data.type, 'response.completed');
}

const loads = {
  'one after the other': async (gateway) => {
    for (let n = 0; n < count; n++) await document(gateway);
  },
  'in streams, fifty at once': async (gateway) => {
    const client = async () => {
      for (let n = 0; n < count / 50; n++) await streamed(gateway);
    };
    await Promise.all(Array.from({ length: 50 }, client));
  },
};

describe('the load of two replicas', () => {
  let world;
  before(async () => {
    world = await World.start({
      shape: 'fleet',
      replicas,
      models: { hello: 'openai/hello' },
      sections: { router: eachDecided },
    });
  });
  after(() => world?.stop());

  for (const [name, load] of Object.entries(loads)) {
    test(`${count} requests ${name} are spread within 10 % over either service`, async () => {
      const parts = await shares(world.gateway, async () => {
        await load(world.gateway);
        return count;
      });
      assertSpread(parts, count);
    });
  }
});

// Each of the tests makes a target of its own sick.
const sick = ['sick', 'sicker'];
const failures = 5;
const refusals = 'wayleave_router_no_healthy_target_total';

describe('outcomes and two routers', () => {
  let world;
  let gateway;
  before(async () => {
    const breaker = { failures, open: '60s', most_open: '60s' };
    world = await World.start({
      shape: 'fleet',
      replicas,
      models: Object.fromEntries(sick.map((name) => [name, `openai/fault-500@${name}`])),
      sections: { router: { ...eachDecided, breaker, retry: { attempts: 1 } } },
    });
    ({ gateway } = world);
  });
  after(() => world?.stop());

  const ask = (model) => post(gateway, '/v1/responses', responsesBody(model));
  const asked = (model) => world.upstreams.openai.of(`fault-500@${model}`).length;
  const circuit = (router, model, what = 'state') =>
    gateway.metric(router, `wayleave_router_circuit_${what}`, { model: `fault-500@${model}` });
  const opens = (router, model) =>
    until(async () => (await circuit(router, model)) === 1, `the circuit of ${model} to open in ${router}`);
  const unheard = () => gateway.metric('gateway', 'wayleave_gateway_outcome_reports_unheard_total');

  async function fails(model) {
    for (let n = 0; n < failures; n++) assertError(await ask(model), 502);
  }

  const refused = async () => {
    const counts = gateway.replicas('router').map((router) => gateway.metric(router, refusals));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count);
  };

  // Whichever router decides, and each time by one decision.
  async function isLeftAlone(model) {
    const before = [asked(model), await refused()];
    for (let n = 0; n < 4; n++) assertError(await ask(model), 503, 'no_healthy_target');
    assert.deepEqual([asked(model), await refused()], [before[0], before[1] + 4], 'questions to the model, to routers');
  }

  test('failures of a target open its circuit in both, and nobody asks it', async () => {
    const routers = gateway.replicas('router');
    await fails('sick');
    for (const router of routers) await opens(router, 'sick');
    await isLeftAlone('sick');
    for (const router of routers) assert.equal(await circuit(router, 'sick', 'openings_total'), 1, router);
    assert.equal(asked('sick'), failures);
    assert.equal(await unheard(), 0);
  });

  test('one that is away misses the reports, which is counted; it starts anew, and hears the next ones', async () => {
    await gateway.kill('router2');
    await fails('sicker');
    await opens('router', 'sicker');
    await until(async () => (await unheard()) === failures, 'each report to be counted as not heard');

    gateway.restart('router2');
    await gateway.awaitReady('router2');
    assert.equal(await circuit('router2', 'sicker'), 0, 'a router that starts anew knows of no failure');
    await until(async () => {
      await ask('sicker');
      return (await circuit('router2', 'sicker')) === 1;
    }, 'router2 to know, too');
    await isLeftAlone('sicker');
    assert.equal(await circuit('router', 'sicker', 'openings_total'), 1);
  });
});
