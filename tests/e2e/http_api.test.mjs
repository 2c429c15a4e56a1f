// The HTTP interface as any client sees it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { shapes, toldAtOnce } from './lib/gateway.mjs';
import {
  assertError,
  assertErrorBody,
  chatBody,
  collect,
  fetchAll,
  get,
  open,
  post,
  responsesBody,
} from './lib/http.mjs';
import { headOf, postHead, RawConnection } from './lib/raw.mjs';
import { World } from './lib/setup.mjs';

const models = {
  'gpt-oss:20b': { targets: ['openai/hello'], context_window: 32768 },
  'team/small': { targets: ['openai/hello'], context_window: 8192 },
  'fault-401': 'openai/fault-401',
  'fault-429': 'openai/fault-429',
  'fault-429-bare': 'openai/fault-429-bare',
  'fault-500': 'openai/fault-500',
  'fault-502-html': 'openai/fault-502-html',
  'fault-drop': 'openai/fault-drop',
  'fault-404': 'openai/fault-404',
  'fault-context': 'openai/fault-context',
  'headless-300': 'openai/headless-300',
};
const modelInfo = [
  'slug',
  'display_name',
  'supported_reasoning_levels',
  'shell_type',
  'visibility',
  'supported_in_api',
  'priority',
  'support_verbosity',
  'truncation_policy',
  'experimental_supported_tools',
  'base_instructions',
];
const doors = [
  ['/v1/responses', responsesBody],
  ['/v1/chat/completions', chatBody],
];

for (const shape of shapes) {
  describe(`HTTP, ${shape}`, () => {
    let world;
    let gateway;
    before(async () => {
      world = await World.start({ shape, models, sections: { ...toldAtOnce, gateway: { limits: { body_bytes: '1MiB' } } } });
      ({ gateway } = world);
    });
    after(() => world?.stop());

    describe('models', () => {
      test('are listed for OpenAI clients and for Codex', async () => {
        const answer = await get(gateway, '/v1/models?client_version=0.169.0');

        assert.equal(answer.status, 200, answer.text);
        const { object, data, models: infos } = answer.json;
        assert.equal(object, 'list');
        for (const name of Object.keys(models)) {
          assert.ok(
            data.some((model) => model.id === name && model.object === 'model' && typeof model.owned_by === 'string'),
            `${name} in data`,
          );
        }
        const info = infos.find((model) => model.slug === 'gpt-oss:20b');
        for (const field of modelInfo) assert.ok(info[field] !== undefined, field);
        assert.equal(info.context_window, 32768);
        assert.equal(info.apply_patch_tool_type, 'freeform');
      });

      test('have an ETag that saves the second transfer', async () => {
        const first = await get(gateway, '/v1/models');
        assert.ok(first.headers.etag);

        const second = await get(gateway, '/v1/models', { headers: { 'if-none-match': first.headers.etag } });

        assert.equal(second.status, 304);
        assert.equal(second.text, '');
        assert.equal((await get(gateway, '/v1/models', { headers: { 'if-none-match': '"another"' } })).status, 200);
      });

      for (const [path, id] of [
        ['gpt-oss:20b', 'gpt-oss:20b'],
        ['gpt-oss%3A20b', 'gpt-oss:20b'],
        ['team%2Fsmall', 'team/small'],
        ['team/small', 'team/small'],
      ]) {
        test(`are found by their names: ${path}`, async () => {
          const answer = await get(gateway, `/v1/models/${path}`);

          assert.equal(answer.status, 200, answer.text);
          assert.equal(answer.json.id, id);
          assert.equal(answer.json.object, 'model');
        });
      }

      test('that do not exist are 404 model_not_found', async () => {
        assertError(await get(gateway, '/v1/models/nobody'), 404, 'model_not_found');
      });
    });

    describe('errors', () => {
      const cases = [
        ['an unknown path', 404, { path: '/v1/nowhere' }],
        ['an unknown path below a known one', 404, { method: 'POST', path: '/v1/responses/compact', body: {} }],
        ['a wrong method', 405, { method: 'DELETE', path: '/v1/responses' }],
        ['a wrong method on models', 405, { method: 'POST', path: '/v1/models', body: {} }],
        ['a GET of responses without upgrade', 405, { path: '/v1/responses' }],
      ];
      for (const [name, status, options] of cases) {
        test(`${name} is ${status}`, async () => {
          const answer = await get(gateway, options.path, options);
          assertError(answer, status);
          if (status === 405) assert.match(answer.headers.allow ?? '', /GET|POST/);
        });
      }

      for (const [path, body] of doors) {
        test(`${path}: bad bodies are 400`, async () => {
          for (const bad of ['', '{', '[]', '"text"', 'null', '{"model":7}', `{"model":"gpt-oss:20b"} x`]) {
            assertError(await post(gateway, path, bad), 400);
          }
        });

        test(`${path}: a missing model is an error that says so`, async () => {
          const { model, ...rest } = body('gpt-oss:20b');
          const answer = await post(gateway, path, rest);
          assert.ok([400, 404].includes(answer.status), answer.text);
          assert.match(assertError(answer, answer.status).message, /model/);
        });

        test(`${path}: an unknown model is 404 and the text names the known ones`, async () => {
          for (const stream of [false, true]) {
            const error = assertError(await post(gateway, path, body('nobody', { stream })), 404, 'model_not_found');
            assert.match(error.message, /nobody/);
            assert.match(error.message, /gpt-oss:20b/);
          }
        });

        test(`${path}: no key and bad keys are 401`, async () => {
          const request = body('gpt-oss:20b');
          for (const headers of [
            {},
            ...['Bearer', 'Bearer ', 'Basic dGVzdDp0ZXN0'].map((authorization) => ({ authorization })),
          ]) {
            assertError(await post(gateway, path, request, { key: undefined, headers }), 401);
          }
          for (const authorization of [
            'Bearer wrong',
            `Bearer ${gateway.key}x`,
            `Bearer ${gateway.key.slice(0, -1)}`,
          ]) {
            assertError(
              await post(gateway, path, request, { key: undefined, headers: { authorization } }),
              401,
              'invalid_api_key',
            );
          }
        });

        test(`${path}: a body above the limit is 413`, async () => {
          assertErrorBody(await post(gateway, path, body('gpt-oss:20b', { padding: 'x'.repeat(2 << 20) })), 413);
        });

        test(`${path}: a chunked body above the limit is 413`, async () => {
          const connection = await RawConnection.open(gateway.port);
          connection.send(`${postHead(path, gateway.key, 'Transfer-Encoding: chunked')}\r\n`);
          for (let n = 0; n < 20 && !connection.ended; n++) connection.send(`10000\r\n${'x'.repeat(0x10000)}\r\n`);
          const [answer] = await connection.next();
          connection.close();
          assertErrorBody(answer, 413);
        });

        test(`${path}: faults of the upstream before the first byte`, async () => {
          const expected = {
            'fault-404': [404, 'model_not_found'],
            'fault-context': [400, 'context_length_exceeded'],
            'fault-429': [429],
            'fault-429-bare': [429],
          };
          for (const [model, [status, code]] of Object.entries(expected)) {
            for (const stream of [false, true]) {
              const answer = await post(gateway, path, body(model, { stream }));
              // A chat server's own error body travels on unchanged through the chat door, its code with it.
              assertError(answer, status, path === '/v1/responses' ? code : undefined);
              if (status === 429) assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
            }
          }
        });

        test(`${path}: a broken upstream is 502, 503 or 504, never 500`, async () => {
          for (const model of ['fault-500', 'fault-502-html', 'fault-drop', 'fault-401']) {
            const answer = await post(gateway, path, body(model, { stream: true }));
            assert.ok([502, 503, 504].includes(answer.status), `${model}: ${answer.status} ${answer.text}`);
            assertError(answer, answer.status);
          }
        });
      }
    });

    test('a key may come in the header api-key', async () => {
      assert.equal(
        (await get(gateway, '/v1/models', { key: undefined, headers: { 'api-key': gateway.key } })).status,
        200,
      );
    });

    test('x-request-id is made, or echoed when it is harmless', async () => {
      const made = [await get(gateway, '/v1/models'), await get(gateway, '/v1/models')].map(
        (answer) => answer.headers['x-request-id'],
      );
      assert.ok(made[0] && made[1] && made[0] !== made[1], `${made}`);

      const echoed = await get(gateway, '/v1/models', { headers: { 'x-request-id': 'my-id.42_A' } });
      assert.equal(echoed.headers['x-request-id'], 'my-id.42_A');

      for (const bad of ['x'.repeat(4000), 'with space "and" quotes', '{}<>']) {
        const answer = await get(gateway, '/v1/models', { headers: { 'x-request-id': bad } });
        assert.notEqual(answer.headers['x-request-id'], bad);
        assert.ok(answer.headers['x-request-id']);
      }
    });

    test('CORS is off by default', async () => {
      const preflight = await fetchAll(gateway.port, {
        method: 'OPTIONS',
        path: '/v1/responses',
        headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
      });
      const plain = await get(gateway, '/v1/models', { headers: { origin: 'https://app.example' } });

      assert.ok(preflight.status < 500);
      for (const answer of [preflight, plain]) assert.equal(answer.headers['access-control-allow-origin'], undefined);
    });

    test('pipelined requests are answered in order', async () => {
      const { key } = gateway;
      const body = JSON.stringify(chatBody('headless-300'));
      const length = `Content-Length: ${body.length}`;
      const connection = await RawConnection.open(gateway.port);
      connection.send(
        [
          headOf('GET', '/v1/models/gpt-oss:20b', key, 'X-Request-Id: first'),
          postHead('/v1/chat/completions', key, 'X-Request-Id: second', length),
          body + headOf('GET', '/v1/nowhere', key, 'X-Request-Id: third'),
          headOf('GET', '/v1/models', key, 'X-Request-Id: fourth', 'Connection: close'),
          '',
        ].join('\r\n'),
      );
      await connection.untilClosed();

      assert.deepEqual(
        connection.answers.map((answer) => [answer.headers['x-request-id'], answer.status]),
        [
          ['first', 200],
          ['second', 200],
          ['third', 404],
          ['fourth', 200],
        ],
      );
    });

    test('a stream and then another request fit on one connection', async () => {
      const { Agent } = await import('node:http');
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const request = {
        method: 'POST',
        path: '/v1/responses',
        body: responsesBody('gpt-oss:20b', { stream: true }),
        key: gateway.key,
        agent,
      };
      const sockets = new Set();
      for (let n = 0; n < 3; n++) {
        const exchange = open(gateway.port, request);
        const response = await exchange.response;
        sockets.add(exchange.request.socket.localPort);
        assert.equal((await collect(response)).events.at(-1).data.type, 'response.completed');
      }
      agent.destroy();

      assert.equal(sockets.size, 1);
    });

    test('the admin port has livez, readyz and metrics, and the public port has not', async () => {
      for (const path of ['/livez', '/readyz']) assert.equal((await gateway.admin(path)).status, 200);
      const metrics = await gateway.admin('/metrics');
      assert.match(metrics.text, /^wayleave_build_info\{/m);
      assert.match(metrics.text, /^wayleave_gateway_requests_total\{/m);
      for (const service of ['auth', 'router', 'provider'])
        assert.match((await gateway.admin('/metrics', service)).text, /^wayleave_build_info\{/m);
      for (const path of ['/metrics', '/livez']) assert.equal((await get(gateway, path)).status, 404);
    });

    test('no request made the upstream complain', () => assert.deepEqual(world.violations, []));
  });
}

describe('CORS, configured', () => {
  let world;
  before(
    async () =>
      (world = await World.start({
        models: { 'gpt-oss:20b': 'openai/hello' },
        sections: { gateway: { cors: { origins: ['https://app.example'] } } },
      })),
  );
  after(() => world?.stop());
  const preflight = (origin) =>
    fetchAll(world.gateway.port, {
      method: 'OPTIONS',
      path: '/v1/responses',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  test('lets the configured origin in', async () => {
    const answer = await preflight('https://app.example');
    assert.equal(answer.status, 204);
    assert.equal(answer.headers['access-control-allow-origin'], 'https://app.example');
    assert.match(answer.headers['access-control-allow-methods'], /POST/);
    assert.match(answer.headers['access-control-allow-headers'], /authorization/i);

    const plain = await get(world.gateway, '/v1/models', { headers: { origin: 'https://app.example' } });
    assert.equal(plain.headers['access-control-allow-origin'], 'https://app.example');
    assert.match(plain.headers.vary ?? '', /origin/i);
  });

  test('lets no other origin in', async () => {
    for (const origin of ['https://evil.example', 'https://app.example.evil', 'null', 'http://app.example']) {
      assert.equal((await preflight(origin)).headers['access-control-allow-origin'], undefined);
      assert.equal(
        (await get(world.gateway, '/v1/models', { headers: { origin } })).headers['access-control-allow-origin'],
        undefined,
      );
    }
  });
});
