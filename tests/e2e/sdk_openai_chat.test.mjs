// The official OpenAI SDK, chat completions.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { shapes } from './lib/gateway.mjs';
import { helloText, person, pixel, sumsText } from './lib/sdk_scripts.mjs';
import { ClientWorld } from './lib/sdk_world.mjs';
import { until } from './lib/wait.mjs';

const servers = ['open', 'responses', 'basic', 'ollama', 'messages'];
const scripts = ['greets', 'adds', 'describes-person', 'looks', 'repeats', 'endless', 'fault-length'];
const models = Object.fromEntries(
  servers.flatMap((server) => scripts.map((script) => [`${server}-${script}`, `${server}/${script}`])),
);

const user = (content) => ({ role: 'user', content });
const addTool = {
  type: 'function',
  function: {
    name: 'add',
    description: 'Adds two numbers',
    parameters: {
      type: 'object',
      properties: { a: { type: 'number' }, b: { type: 'number' } },
      required: ['a', 'b'],
      additionalProperties: false,
    },
    parse: JSON.parse,
    function: ({ a, b }) => String(a + b),
  },
};
const Person = z.object({ name: z.string(), age: z.number() });

for (const shape of shapes) {
  describe(`OpenAI SDK, chat completions, ${shape}`, () => {
    let world;
    let client;
    before(async () => {
      world = await ClientWorld.start({ shape, servers, models });
      client = new OpenAI({ baseURL: `${world.gateway.url}/v1`, apiKey: world.gateway.key, maxRetries: 0 });
    });
    after(() => world?.stop());

    for (const server of servers) {
      const model = (script) => `${server}-${script}`;
      const namesOf = (script) => [model(script), script]; // where bytes pass, the server's own name does, too
      const clean = () => assert.deepEqual(world.upstreams[server].violations, []);

      test(`${server}: one answer`, async () => {
        const answer = await client.chat.completions.create({ model: model('greets'), messages: [user('Say hello')] });

        assert.equal(answer.choices[0].message.content, helloText);
        assert.equal(answer.choices[0].finish_reason, 'stop');
        assert.ok(namesOf('greets').includes(answer.model), answer.model);
        assert.equal(answer.object, 'chat.completion');
        assert.ok(answer.usage.prompt_tokens > 0 && answer.usage.completion_tokens > 0);
        assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
        assert.ok(answer._request_id, 'a request id');
        clean();
      });

      test(`${server}: a stream, chunk by chunk`, async () => {
        const stream = await client.chat.completions.create({
          model: model('greets'),
          messages: [user('Say hello')],
          stream: true,
          stream_options: { include_usage: true },
        });
        const chunks = [];
        for await (const chunk of stream) chunks.push(chunk);

        assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), helloText);
        assert.ok(chunks.length > 3, 'it came in pieces');
        assert.ok(chunks.every((chunk) => namesOf('greets').includes(chunk.model)));
        assert.deepEqual(chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean), ['stop']);
        assert.equal(chunks.filter((chunk) => chunk.usage).length, 1, 'usage comes once');
        clean();
      });

      test(`${server}: the stream helper puts the answer together`, async () => {
        const runner = client.chat.completions.stream({ model: model('greets'), messages: [user('Say hello')] });
        let text = '';
        runner.on('content', (delta) => (text += delta));
        const answer = await runner.finalChatCompletion();

        assert.equal(text, helloText);
        assert.equal(answer.choices[0].message.content, helloText);
        clean();
      });

      for (const stream of [false, true]) {
        test(`${server}: tools run by the SDK, ${stream ? 'streaming' : 'in one piece'}`, async () => {
          const runner = client.chat.completions.runTools({
            model: model('adds'),
            messages: [user('Add 2 and 3, 10 and 20')],
            tools: [addTool],
            stream,
          });

          assert.equal(await runner.finalContent(), sumsText);
          const called = runner.messages
            .filter((message) => message.tool_calls)
            .flatMap((message) => message.tool_calls);
          assert.deepEqual(
            called.map((call) => [call.function.name, JSON.parse(call.function.arguments)]),
            [
              ['add', { a: 2, b: 3 }],
              ['add', { a: 10, b: 20 }],
            ],
          );
          clean();
        });
      }

      test(`${server}: a structured answer, parsed`, async () => {
        const answer = await client.chat.completions.parse({
          model: model('describes-person'),
          messages: [user('Who was it?')],
          response_format: zodResponseFormat(Person, 'person'),
        });

        assert.deepEqual(answer.choices[0].message.parsed, person);
        clean();
      });

      test(`${server}: a structured answer, parsed from a stream`, async () => {
        const answer = await client.chat.completions
          .stream({
            model: model('describes-person'),
            messages: [user('Who was it?')],
            response_format: zodResponseFormat(Person, 'person'),
          })
          .finalChatCompletion();

        assert.deepEqual(answer.choices[0].message.parsed, person);
        clean();
      });

      test(`${server}: an image reaches the model`, async () => {
        const content = [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: pixel } },
        ];
        const answer = await client.chat.completions.create({ model: model('looks'), messages: [user(content)] });

        assert.equal(answer.choices[0].message.content, 'I see 1 image(s).');
        clean();
      });

      test(`${server}: a conversation arrives whole`, async () => {
        const answer = await client.chat.completions.create({
          model: model('repeats'),
          messages: [
            { role: 'system', content: 'Be brief.' },
            user('One'),
            { role: 'assistant', content: 'Two' },
            user('Three'),
          ],
        });

        assert.equal(answer.choices[0].message.content, 'System: Be brief. User: One | Three Said: Two');
        clean();
      });

      test(`${server}: an answer that was cut off`, async () => {
        const answer = await client.chat.completions.create({
          model: model('fault-length'),
          messages: [user('Go on')],
          max_tokens: 5,
        });

        assert.equal(answer.choices[0].finish_reason, 'length');
        assert.equal(answer.choices[0].message.content, 'Cut off te');
      });

      test(`${server}: an aborted stream closes the upstream's`, async () => {
        const stream = await client.chat.completions.create({
          model: model('endless'),
          messages: [user('Go on')],
          stream: true,
        });
        let chunks = 0;
        for await (const chunk of stream) if (chunk && ++chunks === 3) break; // which aborts

        const exchange = world.upstreams[server].of('endless').at(-1);
        await until(() => exchange.closedAt, 'the end of the upstream connection');
        assert.equal(exchange.early, true);
      });

      test(`${server}: an aborted request that waits for its answer closes the upstream's`, async () => {
        const abort = new AbortController();
        const known = world.upstreams[server].of('endless').length;
        const pending = client.chat.completions.create(
          { model: model('endless'), messages: [user('Go on')] },
          { signal: abort.signal },
        );
        const exchange = await world.upstreams[server].arrived('endless', known + 1);
        abort.abort();

        await assert.rejects(pending, OpenAI.APIUserAbortError);
        await until(() => exchange.closedAt, 'the end of the upstream connection');
        assert.equal(exchange.early, true);
      });
    }
  });
}
