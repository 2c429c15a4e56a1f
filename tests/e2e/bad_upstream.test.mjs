// Model servers that answer rubbish: the client gets one clean end, quickly, and the product stays well.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Gateway, shapes } from './lib/gateway.mjs';
import { assertErrorBody, open, post, readAll, responsesBody } from './lib/http.mjs';
import { atMost } from './lib/wait.mjs';
import { BrokenUpstream, misdeeds } from './lib/upstream_broken.mjs';

const timeouts = { connect: '1s', first_byte: '1500ms', idle: '1500ms', total: '4s' };
const kinds = {
  chat: { type: 'openai-compatible', dialect: 'chat' },
  basic: { type: 'openai-compatible', dialect: 'responses-basic' },
  responses: { type: 'openai-compatible', dialect: 'responses' },
  messages: { type: 'anthropic', api_key: 'x' },
  ollama: { type: 'ollama' },
};
const terminal = ['response.completed', 'response.incomplete', 'response.failed'];

// The data of whole events; undefined for what is no JSON, which a server of the client's own dialect may send.
function eventsIn(text) {
  assert.ok(text.endsWith('\n\n'), 'the stream ended within an event');
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => {
    try {
      return JSON.parse(data);
    } catch {
      return undefined;
    }
  });
}

describe('upstreams that answer rubbish', () => {
  for (const shape of shapes) {
    describe(shape, { concurrency: true }, () => {
      let upstream;
      let gateway;
      before(async () => {
        upstream = await new BrokenUpstream().start();
        const providers = Object.fromEntries(
          Object.entries(kinds).map(([name, more]) => [
            name,
            { ...more, base_url: `${upstream.url}${more.type === 'ollama' ? '' : '/v1'}`, timeouts },
          ]),
        );
        gateway = await Gateway.start({ shape, providers, silent: Object.keys(providers) });
      });
      after(async () => {
        await gateway?.stop();
        await upstream?.stop();
      });

      for (const kind of Object.keys(kinds)) {
        for (const misdeed of Object.keys(misdeeds)) {
          test(`${kind}: ${misdeed}, before a stream`, async () => {
            const started = performance.now();
            const body = responsesBody(`${kind}/${misdeed}`, { stream: true });
            const response = await open(gateway.port, { method: 'POST', path: '/v1/responses', body, key: gateway.key })
              .response;
            const text = (await readAll(response)).toString();
            if (response.statusCode === 200) {
              const events = eventsIn(text);
              const ends = events.filter((event) => terminal.includes(event?.type));
              assert.equal(ends.length, 1, JSON.stringify(events.map((event) => event?.type)));
              assert.equal(events.at(-1), ends[0], 'something came behind the end');
              assert.equal(ends[0].type, 'response.failed');
              assert.equal(typeof ends[0].response.error.code, 'string');
              assert.ok(ends[0].response.error.message.length > 10);
            } else {
              assert.ok([400, 502, 503, 504].includes(response.statusCode), `status ${response.statusCode}`);
            }
            assert.ok(performance.now() - started < atMost(4_000), 'it took too long');
          });

          test(`${kind}: ${misdeed}, before a document`, async () => {
            const answer = await post(gateway, '/v1/responses', responsesBody(`${kind}/${misdeed}`));
            assert.ok([400, 502, 503, 504].includes(answer.status), `status ${answer.status}: ${answer.text}`);
            const error = assertErrorBody(answer, answer.status);
            assert.ok(error.message.length > 10, error.message);
          });
        }
      }

      test('afterwards everything is well, and memory was bounded', async () => {
        for (const service of Object.keys(gateway.programs)) {
          assert.ok(gateway.programs[service].running, `${service} ended`);
          assert.equal((await gateway.admin('/readyz', service)).status, 200);
          // Ten times what one event may hold, though dozens of them came.
          assert.ok(gateway.programs[service].resident < 320 << 20, `${gateway.programs[service].resident} bytes`);
        }
      });
    });
  }
});
