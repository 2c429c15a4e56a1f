// The three doors in one form: what a request with these texts looks like, and what its answer says, as a document or
// as a stream of events.
import { WebSocketClient } from './websocket.mjs';
import { post, stream } from './http.mjs';

const tool = (parameters) => ({ name: 'note', description: 'Takes a note.', parameters });
const schema = { type: 'object', properties: { text: { type: 'string' } } };
const all = (events, pick) =>
  events
    .map(({ data }) => data && pick(data))
    .filter((text) => text !== undefined && text !== null)
    .join('');

const responses = {
  path: '/v1/responses',
  // The model's name stands between texts, so that it moves when they change.
  body: (model, { system, user, output }, tools) => ({
    instructions: system,
    model,
    input: [
      { type: 'function_call', call_id: 'call_1', name: 'note', arguments: JSON.stringify({ text: output }) },
      { type: 'function_call_output', call_id: 'call_1', output },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: user }] },
    ],
    store: false,
    ...(tools ? { tools: [{ type: 'function', ...tool(schema) }] } : {}),
  }),
  document: ({ output }) => ({
    text: output.flatMap(({ content = [] }) => content.map(({ text }) => text ?? '')).join(''),
    call: output.find(({ type }) => type === 'function_call')?.arguments,
  }),
  stream: (events) => ({
    text: all(events, ({ type, delta }) => (type === 'response.output_text.delta' ? delta : undefined)),
    call: all(events, ({ type, delta }) => (type === 'response.function_call_arguments.delta' ? delta : undefined)),
    last: responses.document(events.at(-1).data.response),
  }),
};

const chat = {
  path: '/v1/chat/completions',
  body: (model, { system, user, output }, tools) => ({
    messages: [
      { role: 'system', content: system },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'note', arguments: JSON.stringify({ text: output }) } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: output },
      { role: 'user', content: user },
    ],
    model,
    ...(tools ? { tools: [{ type: 'function', function: tool(schema) }] } : {}),
  }),
  document: ({ choices: [{ message }] }) => ({
    text: message.content ?? '',
    call: message.tool_calls?.[0].function.arguments,
  }),
  stream: (events) => ({
    text: all(events, ({ choices }) => choices[0]?.delta.content),
    call: all(events, ({ choices }) => choices[0]?.delta.tool_calls?.[0].function.arguments),
  }),
};

const messages = {
  path: '/v1/messages',
  body: (model, { system, user, output }, tools) => ({
    system,
    messages: [
      { role: 'user', content: 'Take a note.' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'note', input: { text: output } }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: output },
          { type: 'text', text: user },
        ],
      },
    ],
    model,
    max_tokens: 1_000,
    tools: tools
      ? [{ name: 'note', description: 'Takes a note.', input_schema: schema }]
      : [{ name: 'note', input_schema: schema }],
  }),
  document: ({ content }) => {
    const call = content.find(({ type }) => type === 'tool_use');
    return { text: content.map(({ text }) => text ?? '').join(''), call: call && JSON.stringify(call.input) };
  },
  stream: (events) => ({
    text: all(events, ({ delta }) => delta?.text),
    call: all(events, ({ delta }) => delta?.partial_json),
  }),
};

export const doors = { responses, chat, messages };

// What the answer says: {text, call, last?, raw}. `last` is what the end of a stream repeats.
export async function ask(gateway, door, body, { key, streams }) {
  if (streams) {
    const { events } = await stream(gateway, door.path, body, { key });
    return { ...door.stream(events), raw: events.map(({ text }) => text).join('\n') };
  }
  const answer = await post(gateway, door.path, body, { key });
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return { ...door.document(answer.json), raw: answer.text };
}

// The same over a WebSocket, which only the Responses API has.
export async function askByWebSocket(gateway, body, key) {
  const socket = await WebSocketClient.open(gateway.port, { key });
  try {
    const events = (await socket.turn(body)).map((data) => ({ data }));
    return { ...responses.stream(events), raw: JSON.stringify(events) };
  } finally {
    socket.destroy();
  }
}
