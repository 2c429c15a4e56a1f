// Both front doors, streaming and not, before a server that speaks only chat and before a native one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { nativeText } from './lib/upstream_responses.mjs';
import { shapes } from './lib/gateway.mjs';
import { assertError, chatBody, post, responsesBody, stream, userMessage } from './lib/http.mjs';
import { checkResponsesStream, deltasOf, textOf } from './lib/responses_events.mjs';
import { chatStyles, World } from './lib/setup.mjs';

const models = {
  ...Object.fromEntries(
    chatStyles.flatMap((style) => [
      [`hello-${style}`, `${style}/hello`],
      [`calls-${style}`, `${style}/calls`],
    ]),
  ),
  native: 'native/hello',
  shared: 'openai/hello',
  ...Object.fromEntries(
    ['reset', 'eof', 'chunk', 'length', 'length-calls', 'filter'].map((fault) => [
      `fault-${fault}`,
      `openai/fault-${fault}`,
    ]),
  ),
  'silent-3000': 'openai/silent-3000',
};
const helloText = 'Hello from the scripted model.';

const schema = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
};
const tools = [
  { type: 'function', name: 'plain', description: 'A function', strict: true, parameters: schema },
  {
    type: 'namespace',
    name: 'mcp__demo',
    description: 'A server',
    tools: [{ type: 'function', name: 'add', description: 'Adds', strict: false, parameters: schema }],
  },
  {
    type: 'custom',
    name: 'write',
    description: 'Free text',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: /.+/' },
  },
  { type: 'web_search', external_web_access: true },
  { type: 'tool_of_the_future', depth: 3 },
];
const expectedCalls = [
  { type: 'function_call', name: 'plain', namespace: undefined, input: undefined, arguments: { input: 'value 0' } },
  { type: 'function_call', name: 'add', namespace: 'mcp__demo', input: undefined, arguments: { input: 'value 1' } },
  { type: 'custom_tool_call', name: 'write', namespace: undefined, input: 'value 2', arguments: undefined },
];
const essence = (item) => ({
  type: item.type,
  name: item.name,
  namespace: item.namespace,
  input: item.input,
  arguments: item.arguments && JSON.parse(item.arguments),
});
const callsOf = (items) => items.filter((item) => /_call$/.test(item.type));

const history = [
  { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Base prompt' }] },
  userMessage('One'),
  userMessage('Two'),
  {
    type: 'reasoning',
    id: 'rs_1',
    summary: [],
    content: [{ type: 'reasoning_text', text: 'thinking' }],
    encrypted_content: null,
  },
  { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I call.' }] },
  { type: 'function_call', id: 'fc_1', name: 'plain', arguments: '{"input":', call_id: 'same' },
  { type: 'function_call', id: 'fc_2', name: 'add', namespace: 'mcp__demo', arguments: '', call_id: 'same' },
  { type: 'custom_tool_call', id: 'ctc_1', name: 'write', input: 'raw "text"', call_id: 'c3' },
  { type: 'function_call_output', call_id: 'same', output: 'first' },
  {
    type: 'function_call_output',
    call_id: 'same',
    output: [
      { type: 'input_text', text: 'second' },
      { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'original' },
    ],
  },
  { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'A note in the middle' }] },
  { type: 'function_call_output', call_id: 'orphan', output: 'nobody asked' },
  { type: 'item_of_the_future', payload: { deep: true } },
  userMessage('Go on'),
];

for (const shape of shapes) {
  describe(`front doors, ${shape}`, () => {
    let world;
    let gateway;
    before(async () => {
      world = await World.start({
        shape,
        styles: chatStyles,
        native: true,
        models,
        providerOptions: { keep_alive: '300ms' },
      });
      ({ gateway } = world);
    });
    after(() => world?.stop());

    for (const style of chatStyles) {
      test(`responses over ${style}: a stream`, async () => {
        const { events, headers } = await stream(gateway, '/v1/responses', responsesBody(`hello-${style}`));

        const { last, items } = checkResponsesStream(events);
        assert.equal(last.type, 'response.completed');
        assert.equal(textOf(items), helloText);
        assert.equal(deltasOf(events), helloText);
        assert.equal(headers['openai-model'], undefined);
        assert.equal(last.response.usage.output_tokens, 34);
        assert.equal(
          last.response.usage.input_tokens_details.cached_tokens,
          ['openai', 'deepseek'].includes(style) ? 1000 : 0,
        );
      });

      test(`responses over ${style}: one document`, async () => {
        const answer = await post(gateway, '/v1/responses', responsesBody(`hello-${style}`));

        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.object, 'response');
        assert.equal(answer.json.status, 'completed');
        assert.equal(textOf(answer.json.output), helloText);
        assert.equal(answer.json.usage.output_tokens, 34);
      });

      test(`responses over ${style}: calls of every kind of tool come back as they were declared`, async () => {
        const body = responsesBody(`calls-${style}`, { tools, tool_choice: 'auto', parallel_tool_calls: true });
        const { events } = await stream(gateway, '/v1/responses', body);

        const { last, items } = checkResponsesStream(events);
        assert.equal(last.type, 'response.completed');
        assert.deepEqual(callsOf(items).map(essence), expectedCalls);
        assert.equal(new Set(callsOf(items).map((item) => item.call_id)).size, 3, 'the call ids differ');
      });

      test(`responses over ${style}: a hostile history becomes a valid request`, async () => {
        const { events } = await stream(
          gateway,
          '/v1/responses',
          responsesBody(`hello-${style}`, { input: history, tools, future_field: { a: [1] } }),
        );

        assert.equal(checkResponsesStream(events).last.type, 'response.completed');
        const { messages } = world.upstreams[style].of('hello').at(-1).body;
        assert.equal(messages[0].role, 'system');
        assert.match(messages[0].content, /Base prompt/);
        assert.deepEqual(
          messages
            .filter((message) => message.role === 'tool')
            .map((message) => message.content)
            .slice(0, 2),
          ['first', 'second'],
        );
      });

      test(`chat over ${style}: a stream and one document`, async () => {
        const { events } = await stream(gateway, '/v1/chat/completions', chatBody(`hello-${style}`));
        assert.equal(events.at(-1).text, '[DONE]');
        const chunks = events.filter(({ data }) => data).map(({ data }) => data);
        assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), helloText);

        const answer = await post(gateway, '/v1/chat/completions', chatBody(`hello-${style}`));
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.choices[0].message.content, helloText);
      });
    }

    test('chat: the usage chunk comes only when it was asked for', async () => {
      const usageOf = ({ events }) => events.filter(({ data }) => data && data.choices.length === 0).length;
      assert.equal(usageOf(await stream(gateway, '/v1/chat/completions', chatBody('hello-vllm'))), 0);
      assert.equal(
        usageOf(
          await stream(
            gateway,
            '/v1/chat/completions',
            chatBody('hello-vllm', { stream_options: { include_usage: true } }),
          ),
        ),
        1,
      );
    });

    describe('the native server', () => {
      const odd = (model, streaming) =>
        '{ "metadata":{"model":"inner"},"input":"h\\u00e9llo \\/ ü",\n\t' +
        `"model" : ${JSON.stringify(model)} ,"stream":${streaming},"future":[1.0,1e3,{"x":null}],"store":false }`;

      for (const streaming of [true, false]) {
        test(`gets every byte but the model's name, stream ${streaming}`, async () => {
          const answer = await post(gateway, '/v1/responses', odd('native', streaming), {
            headers: { cookie: 'a=b', origin: 'https://x', 'x-forwarded-for': '1.2.3.4' },
          });

          assert.equal(answer.status, 200, answer.text);
          assert.equal(world.upstreams.native.of('hello').at(-1).raw.toString(), odd('hello', streaming));
        });
      }

      test('is heard word for word, without what harms Codex', async () => {
        const { events, headers } = await stream(gateway, '/v1/responses', responsesBody('native'));

        assert.equal(textOf(events.at(-1).data.response.output), nativeText);
        assert.equal(deltasOf(events), nativeText);
        assert.ok(
          events.some(({ data }) => data.type === 'response.future_event' && data.ünïcode === '漢字'),
          'unknown events pass',
        );
        assert.equal(events.at(-1).data.type, 'response.completed');
        assert.equal('end_turn' in events.at(-1).data.response, false, 'end_turn');
        assert.equal(headers['openai-model'], undefined);
        assert.equal(events[0].data.response.headers?.['openai-model'], undefined);
      });

      test('gives one document when asked for one', async () => {
        const answer = await post(gateway, '/v1/responses', responsesBody('native'));
        assert.equal(textOf(answer.json.output), nativeText);
        assert.deepEqual(answer.json.future_field, { kept: true });
        assert.equal(answer.headers['openai-model'], undefined);
      });

      test('serves chat as well', async () => {
        const { events } = await stream(gateway, '/v1/chat/completions', chatBody('native'));
        assert.equal(events[0].data.choices[0].delta.content, nativeText);
        assert.equal(
          (await post(gateway, '/v1/chat/completions', chatBody('native'))).json.choices[0].message.content,
          nativeText,
        );
      });
    });

    describe('one terminal event', () => {
      const endings = {
        'fault-reset': ['response.failed', 'server_error'],
        'fault-eof': ['response.failed', 'server_error'],
        'fault-chunk': ['response.failed'],
        'fault-filter': ['response.failed', 'content_policy_violation'],
        'fault-length': ['response.incomplete'],
        'fault-length-calls': ['response.incomplete'],
      };
      for (const [model, [type, code]] of Object.entries(endings)) {
        test(`${model}: ${type}`, async () => {
          const { events } = await stream(gateway, '/v1/responses', responsesBody(model, { tools: [tools[0]] }));

          const { last, items } = checkResponsesStream(events);
          assert.equal(last.type, type);
          if (code) assert.equal(last.response.error.code, code);
          if (type === 'response.incomplete')
            assert.equal(last.response.incomplete_details.reason, 'max_output_tokens');
          assert.deepEqual(callsOf(items), [], 'calls that are not whole got out');
        });
      }

      for (const model of ['fault-reset', 'fault-eof']) {
        test(`${model} over chat: one error, and an end in order`, async () => {
          const { events } = await stream(gateway, '/v1/chat/completions', chatBody(model));

          const errors = events.filter(({ data }) => data?.error);
          assert.equal(errors.length, 1, JSON.stringify(events.at(-1)));
          assert.equal(typeof errors[0].data.error.code, 'string');
          assert.ok(errors[0].data.error.message);
          assert.ok(events.indexOf(errors[0]) >= events.length - 2, 'content came after the error');
        });
      }

      for (const model of ['fault-reset', 'fault-chunk', 'fault-eof']) {
        test(`${model}: an error when one document was asked for`, async () => {
          const answer = await post(gateway, '/v1/responses', responsesBody(model));
          assert.ok([502, 503, 504].includes(answer.status), `${answer.status} ${answer.text}`);
          assertError(answer, answer.status);
        });
      }
    });

    test('a silent upstream: keep-alives that are data, in time', async () => {
      const { events } = await stream(gateway, '/v1/responses', responsesBody('silent-3000'));

      const { last } = checkResponsesStream(events);
      assert.equal(last.type, 'response.completed');
      const beats = events.filter(({ data }) => data.type === 'response.in_progress');
      assert.ok(beats.length >= 4, `${beats.length} keep-alives in 3 s`);
      const gaps = events.slice(1).map((event, n) => event.at - events[n].at);
      assert.ok(Math.max(...gaps) < 2_000, `silence of ${Math.max(...gaps)} ms`);
    });

    test('the header x-provider chooses among providers', async () => {
      for (const style of ['vllm', 'messy', 'ollama']) {
        const before = world.upstreams[style].exchanges.length;
        const answer = await post(gateway, '/v1/responses', responsesBody('hello'), {
          headers: { 'x-provider': style },
        });
        assert.equal(answer.status, 200, answer.text);
        assert.equal(world.upstreams[style].exchanges.length, before + 1);
      }
      assertError(
        await post(gateway, '/v1/responses', responsesBody('hello'), { headers: { 'x-provider': 'nobody' } }),
        400,
      );
    });

    test('provider/model reaches that provider', async () => {
      const answer = await post(gateway, '/v1/responses', responsesBody('vllm/hello'));
      assert.equal(answer.status, 200, answer.text);
      assert.equal(world.upstreams.vllm.exchanges.at(-1).model, 'hello');
    });

    test('no upstream saw an invalid request', () => assert.deepEqual(world.violations, []));
  });
}
