// The vocabulary of a Responses stream: making one, and checking one for everything clients rely on.
import assert from 'node:assert/strict';

export const usage = {
  input_tokens: 1000,
  input_tokens_details: { cached_tokens: 800 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 5 },
  total_tokens: 1020,
};
export const message = (id, text) => ({
  id,
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
});
export const reasoning = (id, text) => ({
  id,
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: `**${text}**` }],
  content: [{ type: 'reasoning_text', text }],
  encrypted_content: `opaque-${id}`,
});
export const functionCall = (callId, name, args) => ({
  id: `fc_${callId}`,
  type: 'function_call',
  status: 'completed',
  name,
  arguments: JSON.stringify(args),
  call_id: callId,
});
export const customCall = (callId, name, input) => ({
  id: `ctc_${callId}`,
  type: 'custom_tool_call',
  status: 'completed',
  name,
  input,
  call_id: callId,
});

export const terminal = new Set(['response.completed', 'response.failed', 'response.incomplete']);

const isText = (value) => typeof value === 'string' && value !== '';

function checkUsage(value) {
  if (value === null || value === undefined) return;
  for (const key of ['input_tokens', 'output_tokens', 'total_tokens'])
    assert.ok(Number.isInteger(value[key]), `usage.${key} is no integer`);
  assert.equal(value.total_tokens, value.input_tokens + value.output_tokens, 'total_tokens is not the sum');
}

// Items come strictly one after the other: added, its parts, done, then the next.
class Items {
  constructor() {
    this.open = undefined;
    this.done = [];
  }

  take({ type, output_index: index, item_id: itemId, item }) {
    if (type === 'response.output_item.added') {
      assert.equal(this.open, undefined, 'an item was opened before the last one was done');
      assert.equal(index, this.done.length, 'output_index does not count up');
      this.open = item;
    } else if (type === 'response.output_item.done') {
      assert.equal(this.open?.id, item.id, 'an item was done that was not the open one');
      assert.equal(this.open.type, item.type);
      this.done.push(item);
      this.open = undefined;
    } else if (itemId !== undefined) {
      assert.equal(itemId, this.open?.id, `${type} is not about the open item`);
      assert.equal(index, this.done.length, `${type}: wrong output_index`);
    }
  }
}

function checkEnding(last, items) {
  assert.ok(last.response?.id, 'the terminal event has no response.id');
  assert.ok(!JSON.stringify(last).includes('"end_turn"'), 'end_turn got through');
  checkUsage(last.response.usage);
  if (last.type === 'response.failed') {
    const { error } = last.response;
    return assert.ok(
      isText(error?.code) && isText(error?.message),
      `failed without a code or message: ${JSON.stringify(error)}`,
    );
  }
  assert.equal(items.open, undefined, 'an item is still open at the end');
  assert.deepEqual(last.response.output, items.done, 'response.output is not what was streamed');
}

// `events`: what http.mjs's readSse gave. Returns the terminal event and the finished items.
export function checkResponsesStream(events) {
  assert.ok(events.length > 0, 'an empty stream');
  const list = events.map(({ event, data }) => {
    assert.equal(event, data.type, 'the event line differs from data.type');
    return data;
  });
  assert.equal(list[0].type, 'response.created');
  list.forEach((entry, n) => assert.equal(entry.sequence_number, n, `sequence_number of ${entry.type}`));
  const endings = list.map((entry) => entry.type).filter((type) => terminal.has(type));
  assert.equal(endings.length, 1, `terminal events: ${endings}`);
  assert.ok(terminal.has(list.at(-1).type), `${list.at(-1).type} came after the terminal event`);

  const items = new Items();
  for (const entry of list) items.take(entry);
  checkEnding(list.at(-1), items);
  return { last: list.at(-1), items: items.done, events: list };
}

export const textOf = (items) =>
  items
    .filter((item) => item.type === 'message')
    .flatMap((item) => item.content)
    .map((part) => part.text)
    .join('');
export const deltasOf = (events) =>
  events
    .filter(({ data }) => data.type === 'response.output_text.delta')
    .map(({ data }) => data.delta)
    .join('');
