// The official Anthropic SDK before every kind of server.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { z } from 'zod';
import { shapes } from './lib/gateway.mjs';
import { helloText, person, pixel, sumsText } from './lib/sdk_scripts.mjs';
import { ClientWorld } from './lib/sdk_world.mjs';
import { until } from './lib/wait.mjs';

const servers = ['messages', 'chat', 'thinks', 'ollama', 'basic', 'native'];
const thinking = ['messages', 'thinks', 'ollama', 'basic', 'native'];
const scripts = ['greets', 'adds', 'describes-person', 'looks', 'repeats', 'endless', 'fault-length'];
const models = Object.fromEntries(
  servers.flatMap((server) => scripts.map((script) => [`${server}-${script}`, `${server}/${script}`])),
);

const max_tokens = 2048;
const user = (content) => ({ role: 'user', content });
const addTool = {
  name: 'add',
  description: 'Adds two numbers',
  input_schema: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  },
};
const Person = z.object({ name: z.string(), age: z.number() });
const textOf = (message) =>
  message.content
    .filter((block) => block.type === 'text')
    .map((block) => block.text)
    .join('');
const expectedCalls = [
  ['add', { a: 2, b: 3 }],
  ['add', { a: 10, b: 20 }],
];

// Answers calls until there are none: {answer, calls, thoughts}.
async function loop(ask) {
  const messages = [user('Add 2 and 3, 10 and 20')];
  const calls = [];
  const thoughts = [];
  for (;;) {
    const answer = await ask(messages);
    thoughts.push(...answer.content.filter((block) => block.type === 'thinking'));
    if (answer.stop_reason !== 'tool_use') return { answer, calls, thoughts };
    const uses = answer.content.filter((block) => block.type === 'tool_use');
    calls.push(...uses.map(({ name, input }) => [name, input]));
    messages.push({ role: 'assistant', content: answer.content });
    messages.push(
      user(uses.map(({ id, input }) => ({ type: 'tool_result', tool_use_id: id, content: String(input.a + input.b) }))),
    );
  }
}

for (const shape of shapes) {
  describe(`Anthropic SDK, messages, ${shape}`, () => {
    let world;
    let client;
    before(async () => {
      world = await ClientWorld.start({ shape, servers, models });
      client = new Anthropic({ baseURL: world.gateway.url, apiKey: world.gateway.key, maxRetries: 0 });
    });
    after(() => world?.stop());

    for (const server of servers) {
      const model = (script) => `${server}-${script}`;
      const clean = () => assert.deepEqual(world.upstreams[server].violations, []);
      // A server that wants its model's thoughts back gets them only from a client that may see them.
      const thought = server === 'thinks' ? { thinking: { type: 'enabled', budget_tokens: 1024 } } : {};

      test(`${server}: one answer`, async () => {
        const answer = await client.messages.create({
          model: model('greets'),
          max_tokens,
          messages: [user('Say hello')],
        });

        assert.equal(textOf(answer), helloText);
        assert.equal(answer.stop_reason, 'end_turn');
        assert.equal(answer.type, 'message');
        assert.equal(answer.role, 'assistant');
        assert.match(answer.id, /^msg_/);
        assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
        assert.ok(answer._request_id, 'a request id');
        clean();
      });

      test(`${server}: a stream, event by event`, async () => {
        const stream = await client.messages.create({
          model: model('greets'),
          max_tokens,
          messages: [user('Say hello')],
          stream: true,
        });
        const events = [];
        for await (const event of stream) events.push(event);

        assert.equal(events[0].type, 'message_start');
        assert.deepEqual(
          events.slice(-2).map((event) => event.type),
          ['message_delta', 'message_stop'],
        );
        const deltas = events.filter((event) => event.delta?.type === 'text_delta').map((event) => event.delta.text);
        assert.equal(deltas.join(''), helloText);
        assert.ok(deltas.length > 1, 'it came in pieces');
        const opened = events.filter((event) => event.type === 'content_block_start').map((event) => event.index);
        const closed = events.filter((event) => event.type === 'content_block_stop').map((event) => event.index);
        assert.deepEqual(opened, closed);
        assert.deepEqual(opened, [...opened.keys()]);
        assert.ok(events.at(-2).usage.output_tokens > 0);
        clean();
      });

      test(`${server}: the stream helper puts the answer together`, async () => {
        const stream = client.messages.stream({ model: model('greets'), max_tokens, messages: [user('Say hello')] });
        let text = '';
        stream.on('text', (delta) => (text += delta));
        const answer = await stream.finalMessage();

        assert.equal(text, helloText);
        assert.equal(textOf(answer), helloText);
        assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
        clean();
      });

      const ways = {
        'in one piece': (body) => client.messages.create(body),
        streaming: (body) => client.messages.stream(body).finalMessage(),
      };
      for (const [way, ask] of Object.entries(ways)) {
        test(`${server}: tools, ${way}`, async () => {
          const { answer, calls } = await loop((messages) =>
            ask({ model: model('adds'), max_tokens, messages, tools: [addTool], ...thought }),
          );

          assert.equal(textOf(answer), sumsText);
          assert.deepEqual(calls, expectedCalls);
          clean();
        });

        if (!thinking.includes(server)) continue;
        test(`${server}: thinking is shown, and comes back with the next turn, ${way}`, async () => {
          const known = world.upstreams[server].exchanges.length;
          const { answer, thoughts } = await loop((messages) =>
            ask({
              model: model('adds'),
              max_tokens,
              messages,
              tools: [addTool],
              thinking: { type: 'enabled', budget_tokens: 1024 },
            }),
          );

          assert.equal(textOf(answer), sumsText);
          assert.match(thoughts[0]?.thinking ?? '', /Two sums/);
          clean();
          const [, second] = world.upstreams[server].exchanges.slice(known);
          // OpenAI's own thoughts come back in the form that only OpenAI can read.
          assert.match(JSON.stringify(second.body), server === 'native' ? /opaque-rs_/ : /Two sums/);
        });
      }

      test(`${server}: tools run by the SDK`, async () => {
        const run = [];
        const runner = client.beta.messages.toolRunner({
          model: model('adds'),
          max_tokens,
          ...thought,
          messages: [user('Add 2 and 3, 10 and 20')],
          tools: [
            betaZodTool({
              name: 'add',
              description: 'Adds two numbers',
              inputSchema: z.object({ a: z.number(), b: z.number() }),
              run: ({ a, b }) => {
                run.push(['add', { a, b }]);
                return String(a + b);
              },
            }),
          ],
        });

        assert.equal(textOf(await runner.runUntilDone()), sumsText);
        assert.deepEqual(run, expectedCalls);
        clean();
      });

      test(`${server}: a structured answer, parsed`, async () => {
        const answer = await client.messages.parse({
          model: model('describes-person'),
          max_tokens,
          messages: [user('Who was it?')],
          output_config: { format: zodOutputFormat(Person) },
        });

        assert.deepEqual(answer.parsed_output, person);
        clean();
      });

      test(`${server}: an image reaches the model`, async () => {
        const [, media_type, data] = /^data:(.+);base64,(.+)$/.exec(pixel);
        const content = [
          { type: 'text', text: 'What is it?' },
          { type: 'image', source: { type: 'base64', media_type, data } },
        ];
        const answer = await client.messages.create({ model: model('looks'), max_tokens, messages: [user(content)] });

        assert.equal(textOf(answer), 'I see 1 image(s).');
        clean();
      });

      test(`${server}: a conversation arrives whole`, async () => {
        const answer = await client.messages.create({
          model: model('repeats'),
          max_tokens,
          system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
          messages: [user('One'), { role: 'assistant', content: 'Two' }, user('Three')],
        });

        assert.equal(textOf(answer), 'System: Be brief. User: One | Three Said: Two');
        clean();
      });

      test(`${server}: an answer that was cut off`, async () => {
        const answer = await client.messages.create({
          model: model('fault-length'),
          max_tokens: 5,
          messages: [user('Go on')],
        });

        assert.equal(answer.stop_reason, 'max_tokens');
        assert.equal(textOf(answer), 'Cut off te');
      });

      test(`${server}: tokens are counted without asking for an answer`, async () => {
        const before = world.upstreams[server].of('greets').length;
        const count = (text) =>
          client.messages.countTokens({
            model: model('greets'),
            system: 'Be brief.',
            messages: [user(text)],
            tools: [addTool],
          });

        const [short, long] = [await count('Hello'), await count('Hello '.repeat(500))];

        assert.ok(short.input_tokens > 5 && short.input_tokens < 500, `${short.input_tokens}`);
        assert.ok(long.input_tokens >= short.input_tokens + 400, `${long.input_tokens}`);
        const asked = world.upstreams[server].of('greets').slice(before);
        assert.ok(
          asked.every((exchange) => exchange.path.includes('count_tokens')),
          'no generation',
        );
        clean();
      });

      test(`${server}: an aborted stream closes the upstream's`, async () => {
        const stream = client.messages.stream({ model: model('endless'), max_tokens, messages: [user('Go on')] });
        let deltas = 0;
        stream.on('text', () => ++deltas === 3 && stream.abort());

        await assert.rejects(stream.finalMessage(), Anthropic.APIUserAbortError);
        const exchange = world.upstreams[server].of('endless').at(-1);
        await until(() => exchange.closedAt, 'the end of the upstream connection');
        assert.equal(exchange.early, true);
      });

      test(`${server}: an aborted request that waits for its answer closes the upstream's`, async () => {
        const abort = new AbortController();
        const known = world.upstreams[server].of('endless').length;
        const pending = client.messages.create(
          { model: model('endless'), max_tokens, messages: [user('Go on')] },
          { signal: abort.signal },
        );
        const exchange = await world.upstreams[server].arrived('endless', known + 1);
        abort.abort();

        await assert.rejects(pending, Anthropic.APIUserAbortError);
        await until(() => exchange.closedAt, 'the end of the upstream connection');
        assert.equal(exchange.early, true);
      });
    }
  });
}
