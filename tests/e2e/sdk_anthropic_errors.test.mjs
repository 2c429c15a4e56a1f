// The official Anthropic SDK: its error classes and retries, its keys, and the list of models in its form.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { shapes, toldAtOnce } from './lib/gateway.mjs';
import { caught } from './lib/sdk_catch.mjs';
import { helloText } from './lib/sdk_scripts.mjs';
import { ClientWorld } from './lib/sdk_world.mjs';
import { until } from './lib/wait.mjs';

const servers = ['messages', 'chat', 'ollama', 'basic', 'native'];
const rows = [
  { fault: 'fault-404', is: Anthropic.NotFoundError, status: 404, type: 'not_found_error' },
  { fault: 'fault-400', is: Anthropic.BadRequestError, status: 400, type: 'invalid_request_error' },
  {
    fault: 'fault-context',
    is: Anthropic.BadRequestError,
    status: 400,
    type: 'invalid_request_error',
    says: /prompt is too long/,
  },
  { fault: 'fault-401', is: Anthropic.InternalServerError, status: 502, type: 'api_error' },
  { fault: 'fault-429', is: Anthropic.RateLimitError, status: 429, type: 'rate_limit_error' },
  { fault: 'fault-500', is: Anthropic.InternalServerError, status: 502, type: 'api_error' },
  { fault: 'fault-busy', is: Anthropic.InternalServerError, statuses: [503, 529] },
  { fault: 'fault-502-html', is: Anthropic.InternalServerError, status: 502, type: 'api_error', says: /^(?!.*<html>)/ },
  { fault: 'fault-drop', is: Anthropic.InternalServerError, status: 502, type: 'api_error' },
];
const broken = ['fault-reset', 'fault-eof', 'fault-chunk'];
// Ollama has no limits of its own.
const makesNoSense = (server, fault) => server === 'ollama' && ['fault-429', 'fault-context'].includes(fault);
const models = {
  'team/coder:7b': 'chat/greets',
  ...Object.fromEntries(
    servers.flatMap((server) =>
      [...rows.map(({ fault }) => fault), ...broken, 'recovers', 'silent-60000'].map((script) => [
        `${server}-${script}`,
        `${server}/${script}`,
      ]),
    ),
  ),
};
const ask = (client, model, more = {}, options = {}) =>
  client.messages.create(
    { model, max_tokens: 100, messages: [{ role: 'user', content: 'Say hello' }], ...more },
    options,
  );

for (const shape of shapes) {
  describe(`Anthropic SDK, errors and models, ${shape}`, () => {
    let world;
    const connect = (more = {}) =>
      new Anthropic({ baseURL: world.gateway.url, apiKey: world.gateway.key, maxRetries: 0, ...more });
    before(async () => (world = await ClientWorld.start({ shape, servers, models, sections: toldAtOnce })));
    after(() => world?.stop());

    test('a key may come as x-api-key or as a bearer token', async () => {
      for (const credential of [{ apiKey: world.gateway.key }, { apiKey: null, authToken: world.gateway.key }]) {
        const answer = await ask(connect(credential), 'team/coder:7b');
        assert.equal(answer.content.at(-1).text, helloText);
      }
    });

    test('a bad key is an AuthenticationError', async () => {
      const error = await caught(ask(connect({ apiKey: 'wrong-key-canary' }), 'team/coder:7b'));

      assert.ok(error instanceof Anthropic.AuthenticationError, error);
      assert.equal(error.type, 'authentication_error');
      assert.doesNotMatch(error.message, /canary/);
      assert.ok(error.requestID, 'a request id');
    });

    test('an unknown model is a NotFoundError that names it', async () => {
      const error = await caught(ask(connect(), 'no-such-model'));

      assert.ok(error instanceof Anthropic.NotFoundError, error);
      assert.equal(error.type, 'not_found_error');
      assert.match(error.message, /no-such-model/);
    });

    test('a request that makes no sense is a BadRequestError', async () => {
      for (const messages of [[], 'Hello']) {
        const error = await caught(ask(connect(), 'chat-recovers', { messages }));

        assert.ok(error instanceof Anthropic.BadRequestError, error);
        assert.equal(error.type, 'invalid_request_error');
        assert.match(error.message, /messages/);
      }
    });

    for (const server of servers) {
      for (const { fault, is, status, statuses = [status], type, says } of rows) {
        if (makesNoSense(server, fault)) continue;
        for (const stream of [false, true]) {
          test(`${server}: ${fault}${stream ? ', streaming' : ''}`, async () => {
            const error = await caught(ask(connect(), `${server}-${fault}`, { stream }));

            assert.ok(error instanceof is, `${error.constructor.name}: ${error.message}`);
            assert.ok(statuses.includes(error.status), `${error.status}`);
            if (type) assert.equal(error.type, type);
            assert.equal(error.error.type, 'error');
            assert.ok(error.error.error.message, 'a message');
            if (says) assert.match(error.error.error.message, says);
            assert.doesNotMatch(JSON.stringify(error.error), /upstream-secret/);
            if (status === 429) assert.equal(error.headers.get('retry-after'), '2');
          });
        }
      }

      for (const fault of broken) {
        test(`${server}: ${fault} within the stream is an error, never a short answer`, async () => {
          const stream = connect().messages.stream({
            model: `${server}-${fault}`,
            max_tokens: 100,
            messages: [{ role: 'user', content: 'Say hello' }],
          });
          const error = await caught(stream.finalMessage());

          assert.ok(error instanceof Anthropic.APIError, `${error.constructor.name}: ${error.message}`);
          assert.equal(error.error?.type, 'error', `${error.message}`);
          if (fault === 'fault-chunk') assert.match(error.message, /CUDA out of memory/);
        });
      }

      if (server === 'ollama') continue;
      test(`${server}: the SDK waits as long as it is told, then tries again`, async () => {
        const started = performance.now();
        const messages = [{ role: 'user', content: `Hello ${server} ${shape}` }];
        const answer = await ask(connect({ maxRetries: 1 }), `${server}-recovers`, { messages });

        assert.equal(answer.content.at(-1).text, helloText);
        const waited = performance.now() - started;
        assert.ok(waited >= 1_950 && waited < 5_000, `waited ${waited} ms, not the 2 s that the provider told`);
      });
    }

    test("the SDK's timeout closes the upstream's connection", async () => {
      const error = await caught(ask(connect(), 'chat-silent-60000', {}, { timeout: 1_500 }));

      assert.ok(error instanceof Anthropic.APIConnectionTimeoutError, error);
      const exchange = await world.upstreams.chat.arrived('silent-60000');
      await until(() => exchange.closedAt, 'the end of the upstream connection');
      assert.equal(exchange.early, true);
    });

    test('models are listed in the form that this SDK knows', async () => {
      const found = [];
      for await (const model of connect().models.list()) found.push(model);

      const model = found.find(({ id }) => id === 'team/coder:7b');
      assert.equal(model?.type, 'model');
      assert.ok(model.display_name);
      assert.ok(!Number.isNaN(Date.parse(model.created_at)), model.created_at);
      assert.equal(found.length, new Set(found.map(({ id }) => id)).size, 'each once');
    });

    test('one model is told by its name, and one that does not exist is a NotFoundError', async () => {
      const model = await connect().models.retrieve('team/coder:7b');

      assert.equal(model.id, 'team/coder:7b');
      assert.equal(model.type, 'model');
      await assert.rejects(connect().models.retrieve('no-such-model'), Anthropic.NotFoundError);
    });
  });
}
