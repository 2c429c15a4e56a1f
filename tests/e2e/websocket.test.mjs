// The Responses API over WebSockets, as any client may use it, and against clients that do it wrong.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { shapes } from './lib/gateway.mjs';
import { get, userMessage } from './lib/http.mjs';
import { checkResponsesStream, textOf } from './lib/responses_events.mjs';
import { World } from './lib/setup.mjs';
import { usageRows } from './lib/state.mjs';
import { atMost, median, patience, sleep, until, within } from './lib/wait.mjs';
import { closeFrame, frame, opcode, WebSocketClient } from './lib/websocket.mjs';

const scripts = ['hello', 'resume', 'paced-20', 'endless', 'headless-60000', 'flood-1', 'flood-200', 'fault-429'];
const kinds = ['chat', 'native'];
const models = Object.fromEntries(
  kinds.flatMap((kind) => scripts.map((script) => [`${kind}-${script}`, `${kind}/${script}`])),
);
const start = (shape, sections = {}) => World.start({ shape, styles: [], kinds, models, sections });
const question = (model, text, more = {}) => ({ model, input: [userMessage(text)], store: false, ...more });
const opened = async (gateway, options) => {
  const client = await WebSocketClient.open(gateway.port, { key: gateway.key, ...options });
  assert.equal(client.answer.status, 101, client.answer.text);
  return client;
};
// The checks of a stream of events, on messages.
const checked = (messages) => checkResponsesStream(messages.map(({ at, ...data }) => ({ event: data.type, data, at })));

for (const shape of shapes) {
  describe(`WebSockets, ${shape}`, () => {
    let world;
    before(async () => (world = await start(shape)));
    after(() => world?.stop());

    for (const kind of kinds) {
      test(`${kind}: a question is answered by the events of the stream, and recorded like any other`, async () => {
        const client = await opened(world.gateway);
        const { last, items } = checked(await client.turn(question(`${kind}-hello`, 'Hello')));

        assert.match(textOf(items), /^Hello from the (scripted|native) model\.$/);
        assert.ok(last.response.usage.total_tokens > 0);
        const [exchange] = world.upstreams[kind].of('hello');
        assert.equal(exchange.body.stream, true);
        for (const name of ['upgrade', 'sec-websocket-key', 'openai-beta']) assert.equal(exchange.headers[name], undefined);
        await until(
          () => usageRows(world.gateway.stateDir).filter((row) => row.model === `${kind}-hello`).length === 1,
          'one row of usage',
        );
        await client.end();
      });

      test(`${kind}: only new items travel, the model sees all`, async () => {
        const client = await opened(world.gateway);
        const model = `${kind}-resume`;
        const first = checked(await client.turn(question(model, 'One')));
        const second = checked(
          await client.turn(question(model, 'Two', { previous_response_id: first.last.response.id })),
        );

        assert.equal(textOf(second.items), `Before, I said: ${textOf(first.items)}`);
        const sent = world.upstreams[kind].of('resume').at(-1).body;
        assert.equal(sent.previous_response_id, undefined);
        const text = JSON.stringify(sent.input ?? sent.messages);
        assert.ok(text.indexOf('One') < text.indexOf('First answer') && text.indexOf('First answer') < text.indexOf('Two'));

        const [missing] = await client.turn(question(model, 'Three', { previous_response_id: 'resp_of_nobody' }));
        assert.equal(missing.status, 400);
        assert.equal(missing.error.code, 'previous_response_not_found');
        assert.equal(missing.error.param, 'previous_response_id');
        const fork = checked(await client.turn(question(model, 'Four', { previous_response_id: first.last.response.id })));
        assert.equal(textOf(fork.items), `Before, I said: ${textOf(first.items)}`);
        await client.end();
      });

      test(`${kind}: a client that leaves closes the upstream at once`, async () => {
        const ways = [(client) => client.send(closeFrame(1000)), (client) => client.destroy()];
        const times = [];
        for (const model of ['endless', 'headless-60000']) {
          for (const leave of ways) {
            const count = world.upstreams[kind].of(model).length;
            const client = await opened(world.gateway);
            client.ask(question(`${kind}-${model}`, 'Hello'));
            const exchange = await world.upstreams[kind].arrived(model, count + 1);
            if (model === 'endless') await until(() => client.messages.some(({ type }) => /delta/.test(type)), 'a word');
            const left = performance.now();
            leave(client);
            await within(exchange.closed, patience, 'the end of the upstream exchange');
            times.push(exchange.closedAt - left);
            client.destroy();
          }
        }
        assert.ok(median(times) <= atMost(100), `it took ${times.map(Math.round)} ms`);
      });

      test(`${kind}: messages beyond 64 kB, both ways`, async () => {
        const client = await opened(world.gateway);
        const { items } = checked(await client.turn(question(`${kind}-flood-1`, 'x'.repeat(300_000))));

        assert.ok(textOf(items).length >= 1_000_000);
        assert.ok(Math.max(...client.frames.map(({ length }) => length)) > 1_000_000);
        await client.end();
      });
    }

    test('a warm-up asks no model, and its input is remembered', async () => {
      const client = await opened(world.gateway);
      const before = world.upstreams.chat.exchanges.length;
      const warm = await client.turn(question('chat-resume', 'Earlier', { generate: false }));
      assert.deepEqual(
        warm.map(({ type }) => type),
        ['response.created', 'response.completed'],
      );
      assert.equal(world.upstreams.chat.exchanges.length, before);

      const { id } = warm[1].response;
      checked(await client.turn({ model: 'chat-resume', input: [], previous_response_id: id }));
      assert.match(JSON.stringify(world.upstreams.chat.exchanges.at(-1).body.messages), /Earlier/);
      await client.end();
    });

    test('questions that come together are answered one after the other', async () => {
      const client = await opened(world.gateway);
      for (let n = 0; n < 3; n++) client.ask(question('chat-hello', `Question ${n}`));
      for (let n = 0; n < 3; n++) checked(await client.reply());
      await client.end();
    });

    test('an error holds what HTTP would have said', async () => {
      const client = await opened(world.gateway);
      const [limited] = await client.turn(question('chat-fault-429', 'Hello'));
      assert.equal(limited.status, 429);
      assert.equal(limited.headers['Retry-After'], '2');
      assert.ok(limited.headers['x-request-id']);
      const [unknown] = await client.turn(question('no-such-model', 'Hello'));
      assert.equal(unknown.status, 404);
      assert.equal(unknown.error.code, 'model_not_found');
      assert.match(unknown.error.message, /chat-hello/);
      const [broken] = await client.turn({ model: 'chat-hello', input: 5 });
      assert.equal(broken.status, 400);
      checked(await client.turn(question('chat-hello', 'Still there?')));
      await client.end();
    });

    test('a bad key is refused at the door; one that is revoked, with the next question', async () => {
      const { gateway } = world;
      const refused = await WebSocketClient.open(gateway.port, { key: 'wrong' });
      assert.equal(refused.answer.status, 401);
      assert.match(refused.answer.text, /invalid_api_key/);
      refused.destroy();

      const made = await gateway.cli('key', 'create', '--config', gateway.configFile, '--name', 'doomed');
      const [key, id] = [/\bwl_[\w-]+/.exec(made.stdout)[0], /\bkey_\w+/.exec(made.stdout + made.stderr)[0]];
      await until(async () => (await get(gateway, '/v1/models', { key })).status === 200, 'the new key to work', atMost(1_000));
      const client = await opened(gateway, { key });
      checked(await client.turn(question('chat-hello', 'Hello')));
      await gateway.cli('key', 'revoke', '--config', gateway.configFile, id);
      await until(async () => (await get(gateway, '/v1/models', { key })).status === 401, 'the key to be dead', atMost(1_000));
      const [dead] = await client.turn(question('chat-hello', 'Hello'));
      assert.equal(dead.status, 401);
      assert.equal((await client.closing()).code, 1008);
      await client.end();
    });

    test('a client that does not read stops the upstream, and memory stays small', async () => {
      const services = ['gateway', 'provider'].map((name) => world.gateway.process(name));
      const resident = services.map((service) => service.resident);
      const client = await opened(world.gateway);
      client.socket.pause();
      client.ask(question('chat-flood-200', 'Hello'));
      const exchange = await world.upstreams.chat.arrived('flood-200');
      let last = -1;
      await until(
        async () => {
          const { sent } = exchange;
          await sleep(700); // at rest is what does not change between two looks
          const still = sent > 0 && sent === last;
          last = exchange.sent;
          return still;
        },
        'the upstream to stall',
        2 * patience,
      );
      assert.ok(last < 40e6, `${last} bytes left the upstream`);
      for (const [n, service] of services.entries()) {
        assert.ok(service.resident - resident[n] < 40e6, `${service.name} grew by ${service.resident - resident[n]} bytes`);
      }
      client.destroy();
      await within(exchange.closed, patience, 'the end of the upstream exchange');
    });
  });

  test(`WebSockets, ${shape}: SIGTERM lets the answer in progress end, then says that it goes away`, async () => {
    const world = await start(shape);
    try {
      const [busy, idle] = [await opened(world.gateway), await opened(world.gateway)];
      busy.ask(question('chat-paced-20', 'Hello'));
      await until(() => busy.messages.some(({ type }) => /delta/.test(type)), 'the first word');
      const gateway = world.gateway.process('gateway');
      gateway.signal('SIGTERM');

      assert.equal((await idle.closing()).code, 1001);
      await idle.end();
      assert.match(textOf(checked(await busy.reply()).items), /word19/);
      assert.equal((await busy.closing()).code, 1001);
      await busy.end();
      assert.deepEqual(await within(gateway.exited, patience, 'the end of the gateway'), { code: 0, signal: null });
    } finally {
      await world.stop();
    }
  });
}

describe('WebSockets and bad clients', () => {
  let world;
  const sections = {
    gateway: {
      limits: { body_bytes: '1MiB', connections_per_address: 50 },
      timeouts: { body: '2s', websocket_ping: '1s', websocket_idle: '3s' },
    },
  };
  before(async () => (world = await start('serve', sections)));
  after(() => world?.stop());

  const open = () => world.gateway.metric('gateway', 'wayleave_http_websockets');
  const text = (payload, more) => frame(opcode.text, payload, more);
  const rubbish = [
    ['an unmasked frame', [text('{}', { masked: false })], 1002],
    ['reserved bits', [text('{}', { first: 0xc1 })], 1002],
    ['a reserved opcode', [text('{}', { first: 0x83 })], 1002],
    ['a long ping', [frame(opcode.ping, 'x'.repeat(126))], 1002],
    ['a ping in pieces', [frame(opcode.ping, 'x', { final: false })], 1002],
    ['a continuation of nothing', [frame(opcode.continuation, 'x')], 1002],
    ['a message within a message', [text('{', { final: false }), text('}')], 1002],
    ['a binary message', [frame(opcode.binary, '{}')], 1003],
    ['bad UTF-8', [text(Buffer.from([0x7b, 0xff, 0x7d]))], 1007],
    ['an oversized frame', [text('x'.repeat((1 << 20) + 1))], 1009],
    ['oversized by its head alone', [Buffer.from('81ff7fffffffffffffff00000000', 'hex')], 1009],
    ['fragments without end', Array(40).fill(frame(opcode.continuation, 'x'.repeat(60_000), { final: false })), 1009],
    ['many questions at once', Array(50).fill(text(JSON.stringify({ type: 'response.create', ...question('chat-endless', 'x') }))), 1008],
    ['a close frame without sense', [frame(opcode.close, 'x')], 1002],
    ['bytes that are no frames', [Buffer.from('GET / HTTP/1.1\r\n\r\n')], 1002],
  ];
  for (const [name, frames, code] of rubbish) {
    test(`${name}: closed on with ${code}`, async () => {
      const client = await opened(world.gateway);
      if (name === 'fragments without end') client.send(text('x', { final: false }));
      for (const bytes of frames) client.send(bytes);
      assert.equal((await client.closing()).code, code);
      await client.end();
    });
  }

  test('a flood of pings is answered or not, but neither memory nor others suffer', async () => {
    const { resident } = world.gateway.process('gateway');
    const client = await opened(world.gateway);
    client.socket.pause();
    const pings = Buffer.concat(Array(5_000).fill(frame(opcode.ping, 'x'.repeat(125))));
    for (let n = 0; n < 20; n++) client.send(pings);
    const other = await opened(world.gateway);
    checked(await other.turn(question('chat-hello', 'Hello')));
    await other.end();
    assert.ok(world.gateway.process('gateway').resident - resident < 20e6);
    client.destroy();
  });

  test('fragments that trickle run out of time', async () => {
    const client = await opened(world.gateway);
    client.send(text('x', { final: false }));
    const timer = setInterval(() => client.send(frame(opcode.continuation, '', { final: false })), 50);
    assert.equal((await client.closing()).code, 1008);
    clearInterval(timer);
    client.destroy();
  });

  test('a client that answers no ping is dropped; one that does, when it has been idle for long', async () => {
    const [dead, alive] = [await opened(world.gateway), await opened(world.gateway)];
    dead.answersPings = false;
    await within(dead.ended, patience, 'the end of the dead connection');
    assert.equal(dead.closed, undefined);
    assert.equal((await alive.closing()).code, 1001);
    await alive.end();
  });

  test('WebSockets count as connections of their address', async () => {
    await until(async () => (await open()) === 0, 'the other connections to be gone');
    const clients = [];
    for (let n = 0; n < 50; n++) clients.push(await opened(world.gateway));
    await assert.rejects(WebSocketClient.open(world.gateway.port, { key: world.gateway.key, ms: 1_000 }), /in vain/);
    for (const client of clients) client.destroy();
    await until(async () => (await get(world.gateway, '/v1/models')).status === 200, 'room for others');
  });

  test('handshakes that are none are answered by HTTP', async () => {
    const { port, key } = world.gateway;
    const answer = async (options) => {
      const client = await WebSocketClient.open(port, { key, ...options });
      client.destroy();
      return client.answer;
    };
    assert.equal((await answer({ path: '/v1/chat/completions' })).status, 426);
    assert.equal((await answer({ headers: { Origin: 'https://elsewhere.example' } })).status, 403);
    assert.equal((await answer({ headers: { 'Sec-WebSocket-Key': 'short' } })).status, 400);
    assert.equal((await answer({})).headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  test('everything that was cut is counted', async () => {
    const counts = (reason, least) =>
      until(
        async () => (await world.gateway.metric('gateway', 'wayleave_http_websockets_cut_total', { reason })) >= least,
        `${least} to be cut for ${reason}`,
      );
    await counts('protocol', 8);
    await counts('limit', 3);
    await counts('timeout', 2);
    await until(async () => (await open()) === 0, 'none to be open');
    const remembered = () => world.gateway.metric('gateway', 'wayleave_gateway_conversation_bytes');
    await until(async () => (await remembered()) === 0, 'nothing to be remembered');
  });
});
