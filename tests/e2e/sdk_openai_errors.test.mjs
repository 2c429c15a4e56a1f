// The official OpenAI SDK when something goes wrong: its error classes, codes, retries and timeouts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { shapes, toldAtOnce } from './lib/gateway.mjs';
import { caught } from './lib/sdk_catch.mjs';
import { helloText } from './lib/sdk_scripts.mjs';
import { ClientWorld } from './lib/sdk_world.mjs';
import { until } from './lib/wait.mjs';

const servers = ['open', 'chat', 'ollama', 'messages', 'basic', 'native'];
const scripts = [
  'fault-404',
  'fault-400',
  'fault-context',
  'fault-401',
  'fault-429',
  'fault-500',
  'fault-busy',
  'fault-502-html',
  'fault-drop',
  'fault-reset',
  'fault-eof',
  'fault-chunk',
  'recovers',
  'silent-60000',
];
const models = Object.fromEntries(
  servers.flatMap((server) => scripts.map((script) => [`${server}-${script}`, `${server}/${script}`])),
);

// What the SDK throws for a fault of the provider, whichever kind that is.
const rows = [
  { fault: 'fault-404', type: OpenAI.NotFoundError, status: 404 },
  { fault: 'fault-400', type: OpenAI.BadRequestError, status: 400 },
  { fault: 'fault-context', type: OpenAI.BadRequestError, status: 400, code: 'context_length_exceeded' },
  { fault: 'fault-401', type: OpenAI.InternalServerError, status: 502, code: 'provider_authentication_failed' },
  { fault: 'fault-429', type: OpenAI.RateLimitError, status: 429 },
  { fault: 'fault-500', type: OpenAI.InternalServerError, status: 502 },
  { fault: 'fault-busy', type: OpenAI.InternalServerError, status: 503 },
  { fault: 'fault-502-html', type: OpenAI.InternalServerError, status: 502, says: /^(?!.*<html>)/ },
  { fault: 'fault-drop', type: OpenAI.InternalServerError, status: 502 },
];
// Ollama has no limits of its own.
const makesNoSense = (server, fault) => server === 'ollama' && ['fault-429', 'fault-context'].includes(fault);

// The three ways to ask, by the door's name.
const doors = {
  chat: (client, model, more = {}, options = {}) =>
    client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Say hello' }], ...more }, options),
  responses: (client, model, more = {}, options = {}) =>
    client.responses.create({ model, input: 'Say hello', ...more }, options),
};
// Where the client's bytes pass, an open server stands for the picky one.
const serversOf = {
  chat: ['open', 'ollama', 'messages', 'basic'],
  responses: ['chat', 'ollama', 'messages', 'basic', 'native'],
};

for (const shape of shapes) {
  describe(`OpenAI SDK, errors, ${shape}`, () => {
    let world;
    const connect = (more = {}) =>
      new OpenAI({ baseURL: `${world.gateway.url}/v1`, apiKey: world.gateway.key, maxRetries: 0, ...more });
    before(async () => (world = await ClientWorld.start({ shape, servers, models, sections: toldAtOnce })));
    after(() => world?.stop());

    test('responses: a conversation that nobody keeps is a BadRequestError, never half an answer', async () => {
      const error = await caught(doors.responses(connect(), 'chat-recovers', { previous_response_id: 'resp_1' }));

      assert.ok(error instanceof OpenAI.BadRequestError, error);
      assert.match(error.message, /previous_response_id/);
    });

    for (const [door, ask] of Object.entries(doors)) {
      test(`${door}: a bad key is an AuthenticationError`, async () => {
        const error = await caught(ask(connect({ apiKey: 'wrong-key-canary' }), 'open-recovers'));

        assert.ok(error instanceof OpenAI.AuthenticationError, error);
        assert.equal(error.status, 401);
        assert.equal(error.code, 'invalid_api_key');
        assert.doesNotMatch(error.message, /canary/);
        assert.ok(error.requestID, 'a request id');
      });

      test(`${door}: an unknown model is a NotFoundError that names the models`, async () => {
        const error = await caught(ask(connect(), 'no-such-model'));

        assert.ok(error instanceof OpenAI.NotFoundError, error);
        assert.equal(error.code, 'model_not_found');
        assert.match(error.message, /no-such-model/);
      });

      test(`${door}: a request that makes no sense is a BadRequestError`, async () => {
        const error = await caught(ask(connect(), 'chat-recovers', { messages: 7, input: 7 }));

        assert.ok(error instanceof OpenAI.BadRequestError, error);
        assert.equal(error.status, 400);
        assert.ok(error.message.length > 10, error.message);
      });

      for (const server of serversOf[door]) {
        for (const { fault, type, status, code, says } of rows.filter((row) => !makesNoSense(server, row.fault))) {
          for (const stream of [false, true]) {
            test(`${door} on ${server}: ${fault}${stream ? ', streaming' : ''}`, async () => {
              const error = await caught(ask(connect(), `${server}-${fault}`, { stream }));

              assert.ok(error instanceof type, `${error.constructor.name}: ${error.message}`);
              assert.equal(error.status, status);
              if (code) assert.equal(error.code, code);
              if (says) assert.match(error.message, says);
              assert.ok(error.error?.message, 'a message in the body');
              assert.doesNotMatch(JSON.stringify(error.error), /upstream-secret/);
              if (status === 429) assert.equal(error.headers.get('retry-after'), '2');
            });
          }
        }

        for (const fault of ['fault-reset', 'fault-eof', 'fault-chunk']) {
          test(`${door} on ${server}: ${fault} within the stream is an error, never a short answer`, async () => {
            const stream = await ask(connect(), `${server}-${fault}`, { stream: true });
            const failed = [];
            let error;
            try {
              for await (const event of stream) if (event.type === 'response.failed') failed.push(event.response.error);
            } catch (thrown) {
              error = thrown;
            }
            // Responses has an event for it, which the SDK hands on; a chat stream has not, so the SDK throws.
            if (door === 'responses') assert.ok(failed.length === 1 && failed[0].message, `${error}`);
            else assert.ok(error instanceof OpenAI.APIError && error.message.length > 10, `${error}`);
            if (fault === 'fault-chunk') assert.match(failed[0]?.message ?? error.message, /CUDA out of memory/);
          });
        }

        if (server === 'ollama') continue; // has no rate limits
        test(`${door} on ${server}: the SDK waits as long as it is told, then tries again`, async () => {
          const started = performance.now();
          const unique = `Hello ${door} ${server} ${shape}`;
          const answer = await ask(connect({ maxRetries: 1 }), `${server}-recovers`, {
            ...(door === 'chat' ? { messages: [{ role: 'user', content: unique }] } : { input: unique }),
          });

          assert.equal(answer.output_text ?? answer.choices[0].message.content, helloText);
          const waited = performance.now() - started;
          assert.ok(waited >= 1_950 && waited < 5_000, `waited ${waited} ms, not the 2 s that the provider told`);
        });
      }

      test(`${door}: the SDK's timeout closes the upstream's connection`, async () => {
        const known = world.upstreams.open.of('silent-60000').length;
        const error = await caught(ask(connect(), 'open-silent-60000', {}, { timeout: 1_500 }));

        assert.ok(error instanceof OpenAI.APIConnectionTimeoutError, error);
        const exchange = await world.upstreams.open.arrived('silent-60000', known + 1);
        await until(() => exchange.closedAt, 'the end of the upstream connection');
        assert.equal(exchange.early, true);
      });
    }
  });
}
