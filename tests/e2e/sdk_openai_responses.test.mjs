// The official OpenAI SDK, Responses API.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { shapes } from './lib/gateway.mjs';
import { helloText, person, pixel, sumsText } from './lib/sdk_scripts.mjs';
import { ClientWorld } from './lib/sdk_world.mjs';
import { until } from './lib/wait.mjs';

const servers = ['chat', 'thinks', 'native', 'responses', 'basic', 'ollama', 'messages'];
const scripts = ['greets', 'adds', 'describes-person', 'looks', 'repeats', 'endless', 'fault-length'];
const models = Object.fromEntries(
  servers.flatMap((server) => scripts.map((script) => [`${server}-${script}`, `${server}/${script}`])),
);

const addTool = zodResponsesFunction({
  name: 'add',
  description: 'Adds two numbers',
  parameters: z.object({ a: z.number(), b: z.number() }),
});
const Person = z.object({ name: z.string(), age: z.number() });

// Answers calls until there are none, the way the SDK's documentation does it.
async function loop(client, model, ask) {
  const input = [{ role: 'user', content: 'Add 2 and 3, 10 and 20' }];
  for (;;) {
    const answer = await ask({
      model,
      input,
      tools: [addTool],
      store: false,
      include: ['reasoning.encrypted_content'],
    });
    const calls = answer.output.filter((item) => item.type === 'function_call');
    if (!calls.length) return { answer, calls: input.filter((item) => item.type === 'function_call') };
    input.push(...answer.output);
    for (const { call_id, arguments: text } of calls) {
      const { a, b } = JSON.parse(text);
      input.push({ type: 'function_call_output', call_id, output: String(a + b) });
    }
  }
}

for (const shape of shapes) {
  describe(`OpenAI SDK, Responses, ${shape}`, () => {
    let world;
    let client;
    before(async () => {
      world = await ClientWorld.start({ shape, servers, models });
      client = new OpenAI({ baseURL: `${world.gateway.url}/v1`, apiKey: world.gateway.key, maxRetries: 0 });
    });
    after(() => world?.stop());

    for (const server of servers) {
      const model = (script) => `${server}-${script}`;
      const clean = () => assert.deepEqual(world.upstreams[server].violations, []);

      test(`${server}: one answer`, async () => {
        const answer = await client.responses.create({ model: model('greets'), input: 'Say hello' });

        assert.equal(answer.output_text, helloText);
        assert.equal(answer.status, 'completed');
        assert.equal(answer.object, 'response');
        assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
        assert.ok(answer._request_id, 'a request id');
        clean();
      });

      test(`${server}: a stream, event by event`, async () => {
        const stream = await client.responses.create({ model: model('greets'), input: 'Say hello', stream: true });
        const events = [];
        for await (const event of stream) events.push(event);

        const deltas = events.filter((event) => event.type === 'response.output_text.delta');
        assert.equal(deltas.map((event) => event.delta).join(''), helloText);
        assert.ok(deltas.length > 1, 'it came in pieces');
        assert.equal(events[0].type, 'response.created');
        assert.equal(events.at(-1).type, 'response.completed');
        clean();
      });

      test(`${server}: the stream helper puts the answer together`, async () => {
        const stream = client.responses.stream({ model: model('greets'), input: 'Say hello' });
        let text = '';
        stream.on('response.output_text.delta', (event) => (text = event.snapshot));
        const answer = await stream.finalResponse();

        assert.equal(text, helloText);
        assert.equal(answer.output_text, helloText);
        clean();
      });

      const ways = {
        'in one piece': (body) => client.responses.create(body),
        parsed: (body) => client.responses.parse(body),
        streaming: (body) => client.responses.stream(body).finalResponse(),
      };
      for (const [way, ask] of Object.entries(ways)) {
        test(`${server}: tools, ${way}`, async () => {
          const { answer, calls } = await loop(client, model('adds'), ask);

          assert.equal(answer.output_text, sumsText);
          assert.deepEqual(
            calls.map((call) => [call.name, JSON.parse(call.arguments)]),
            [
              ['add', { a: 2, b: 3 }],
              ['add', { a: 10, b: 20 }],
            ],
          );
          if (way === 'parsed') assert.deepEqual(calls[0].parsed_arguments, { a: 2, b: 3 });
          clean();
        });
      }

      test(`${server}: a structured answer, parsed`, async () => {
        const text = { format: zodTextFormat(Person, 'person') };
        const answer = await client.responses.parse({ model: model('describes-person'), input: 'Who was it?', text });

        assert.deepEqual(answer.output_parsed, person);
        clean();
      });

      test(`${server}: a structured answer, parsed from a stream`, async () => {
        const text = { format: zodTextFormat(Person, 'person') };
        const answer = await client.responses
          .stream({ model: model('describes-person'), input: 'Who was it?', text })
          .finalResponse();

        assert.deepEqual(answer.output_parsed, person);
        clean();
      });

      test(`${server}: an image reaches the model`, async () => {
        const content = [
          { type: 'input_text', text: 'What is it?' },
          { type: 'input_image', image_url: pixel, detail: 'auto' },
        ];
        const answer = await client.responses.create({ model: model('looks'), input: [{ role: 'user', content }] });

        assert.equal(answer.output_text, 'I see 1 image(s).');
        clean();
      });

      test(`${server}: a conversation arrives whole`, async () => {
        const answer = await client.responses.create({
          model: model('repeats'),
          instructions: 'Be brief.',
          input: [
            { role: 'user', content: 'One' },
            { role: 'assistant', content: 'Two' },
            { role: 'user', content: 'Three' },
          ],
        });

        assert.equal(answer.output_text, 'System: Be brief. User: One | Three Said: Two');
        clean();
      });

      test(`${server}: an answer that was cut off`, async () => {
        const answer = await client.responses.create({ model: model('fault-length'), input: 'Go on' });

        assert.equal(answer.status, 'incomplete');
        assert.equal(answer.incomplete_details.reason, 'max_output_tokens');
        assert.equal(answer.output_text, 'Cut off te');
      });

      test(`${server}: an aborted stream closes the upstream's`, async () => {
        const stream = await client.responses.create({ model: model('endless'), input: 'Go on', stream: true });
        let deltas = 0;
        for await (const event of stream)
          if (event.type.endsWith('.delta') && ++deltas === 3) stream.controller.abort();

        const exchange = world.upstreams[server].of('endless').at(-1);
        await until(() => exchange.closedAt, 'the end of the upstream connection');
        assert.equal(exchange.early, true);
      });

      test(`${server}: an aborted request that waits for its answer closes the upstream's`, async () => {
        const abort = new AbortController();
        const known = world.upstreams[server].of('endless').length;
        const pending = client.responses.create({ model: model('endless'), input: 'Go on' }, { signal: abort.signal });
        const exchange = await world.upstreams[server].arrived('endless', known + 1);
        abort.abort();

        await assert.rejects(pending, OpenAI.APIUserAbortError);
        await until(() => exchange.closedAt, 'the end of the upstream connection');
        assert.equal(exchange.early, true);
      });
    }
  });
}
