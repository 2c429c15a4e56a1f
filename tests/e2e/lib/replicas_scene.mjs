// Two provider-services and two router-services under 200 open streams and clients with new requests.
import assert from 'node:assert/strict';
import { endingOf, flood } from './flowing.mjs';
import { post, responsesBody } from './http.mjs';
import { Load } from './load.mjs';
import { assertSpread, shares, takesLoad } from './replicas.mjs';
import { checkResponsesStream } from './responses_events.mjs';
import { World } from './setup.mjs';
import { oneRowEach } from './state.mjs';
import { atMost } from './wait.mjs';

export const promised = 2_000; // ms until new requests succeed

export const startTwos = () =>
  World.start({
    shape: 'fleet',
    replicas: { provider: 2, router: 2 },
    models: { held: 'openai/held-500', hello: 'openai/hello' },
    sections: { router: { max_age: '0s' } }, // each request is decided
  });

async function ask(gateway) {
  const { status, text } = await post(gateway, '/v1/responses', responsesBody('hello'));
  assert.equal(status, 200, text);
}

// A stream ends once, and in good form; resolves to the type of its end and the code of its error.
export async function ending(stream) {
  const { events, broken } = await endingOf(stream);
  assert.equal(broken, undefined, `${stream.requestId}: the connection broke: ${broken}`);
  const { type, response } = checkResponsesStream(events).last;
  return { type, code: response.error?.code };
}

export async function allComplete(streams) {
  const endings = await Promise.all(streams.map(ending));
  const lost = endings.filter(({ type }) => type !== 'response.completed');
  assert.deepEqual(lost, [], `${lost.length} of ${streams.length} streams were lost`);
}

// 200 open streams, and clients with new requests, which `body` starts. Both end with it, whatever goes wrong.
export async function underLoad(world, tag, body, count = 200) {
  const streams = await flood(world.gateway, 'held', Array.from({ length: count }, (_, n) => `${tag}-${n}`));
  const load = new Load(world.gateway, 'hello', `${tag}-new`);
  try {
    await body(streams, load);
  } finally {
    await load.stop();
    world.upstreams.openai.letGo();
  }
}

// That all new requests went well, and that everything is on record once.
export async function settle({ gateway }, streams, load) {
  await load.stop();
  assert.deepEqual(load.problems, [], `${load.bad.length} of ${load.begun} new requests failed`);
  assert.ok(load.slowest <= atMost(promised), `a request took ${load.slowest} ms`);
  const ids = [...streams.map(({ requestId }) => requestId), ...load.good.map(({ id }) => id)];
  await oneRowEach(gateway.stateDir, ids);
}

export async function comesBack(gateway, member) {
  gateway.restart(member);
  await gateway.awaitReady(member);
  await takesLoad(gateway, member, () => ask(gateway));
  const parts = await shares(gateway, async () => {
    for (let n = 0; n < 40; n++) await ask(gateway);
    return 40;
  });
  assertSpread(parts, 40);
}
