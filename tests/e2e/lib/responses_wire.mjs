// How servers say an answer in the vocabulary of the Responses API. A style tells them apart; OpenAI's own knows
// namespaces, raw-text tools, tool search and compaction, the others (see basic_styles.mjs) only plain functions.
import { nativeEndings } from './native_endings.mjs';
import { customCall, functionCall, message, reasoning, usage as usualUsage } from './responses_events.mjs';
import { argumentsText, flatName, pieces, Seen } from './turn.mjs';

const usageOf = (style, tokens) => {
  const usage = tokens
    ? {
        ...usualUsage,
        input_tokens: tokens.input,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: tokens.output,
        total_tokens: tokens.input + tokens.output,
      }
    : usualUsage;
  return style.usage ? style.usage(usage) : usage;
};

const searchCall = (call) => ({
  id: `tsc_${call.id}`,
  type: 'tool_search_call',
  status: 'completed',
  call_id: call.id,
  execution: 'client',
  arguments: call.arguments,
});

function nativeCall(call) {
  if (call.name === 'tool_search') return searchCall(call);
  if (call.input !== undefined) return customCall(call.id, call.name, call.input);
  const item = functionCall(call.id, call.name, call.arguments);
  if (typeof call.arguments === 'string') item.arguments = call.arguments;
  return call.namespace ? { ...item, namespace: call.namespace } : item;
}

const flatCall = (call) => ({ ...functionCall(call.id, flatName(call), {}), arguments: argumentsText(call) });

// Servers whose streams count events, items and parts, and one that counts nothing.
class Events {
  constructor(style, exchange) {
    Object.assign(this, { style, exchange, sequence: 0, output: [], id: `resp_${exchange.number}` });
  }

  event(type, fields) {
    const data = { type, ...fields };
    if (this.style.bare) ['output_index', 'content_index', 'summary_index'].forEach((key) => delete data[key]);
    else data.sequence_number = this.sequence++;
    return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  response(status, more = {}) {
    const base = { id: this.id, object: 'response', created_at: 1_700_000_000, status, model: this.exchange.model };
    return { ...base, output: this.output, ...more };
  }

  get usage() {
    return usageOf(this.style, this.exchange.tokens);
  }

  at() {
    return { output_index: this.output.length };
  }

  added(item) {
    return this.event('response.output_item.added', { ...this.at(), item });
  }

  done(item) {
    const text = this.event('response.output_item.done', { ...this.at(), item });
    this.output.push(item);
    return text;
  }
}

class Phrase extends Events {
  open() {
    return [
      this.event('response.created', { response: this.response('in_progress', this.style.created) }),
      ...(this.style.extra ? [this.event(...this.style.extra)] : []),
      this.event('response.in_progress', { response: this.response('in_progress') }),
    ];
  }

  think(text) {
    if (this.style.thinks === false) return [];
    const item = this.style.reasoning(`rs_${this.output.length}_${this.exchange.number}`, text);
    const delta = (part) => this.thought(item, part);
    const begin = this.added({ ...item, summary: [], content: [] }) + this.summaryPart('added', item, '');
    const deltas = pieces(text, 9).map(delta);
    return [begin, ...deltas, this.summaryPart('done', item, item.summary[0]?.text) + this.done(item)];
  }

  summaryPart(what, item, text) {
    if (!this.style.summaries) return '';
    const place = { item_id: item.id, ...this.at(), summary_index: 0 };
    return this.event(`response.reasoning_summary_part.${what}`, { ...place, part: { type: 'summary_text', text } });
  }

  thought(item, delta) {
    const place = { item_id: item.id, ...this.at(), delta };
    return this.style.summaries
      ? this.event('response.reasoning_summary_text.delta', { ...place, summary_index: 0 })
      : this.event('response.reasoning_text.delta', { ...place, content_index: 0 });
  }

  piece(text) {
    const begin = this.message ? '' : this.begin();
    this.message.text += text;
    const place = { item_id: this.message.id, ...this.at(), content_index: 0 };
    return begin + this.event('response.output_text.delta', { ...place, delta: text, logprobs: [] });
  }

  begin() {
    this.message = { id: `msg_${this.output.length}_${this.exchange.number}`, text: '' };
    const item = { ...message(this.message.id, ''), status: 'in_progress', content: [] };
    const part = { type: 'output_text', text: '', annotations: [] };
    const place = { item_id: this.message.id, ...this.at(), content_index: 0 };
    return this.added(item) + this.event('response.content_part.added', { ...place, part });
  }

  text(text) {
    return pieces(text, 9).map((part) => this.piece(part));
  }

  endMessage() {
    if (!this.message) return [];
    const { id, text } = this.message;
    this.message = undefined;
    const place = { item_id: id, ...this.at(), content_index: 0 };
    return [this.event('response.output_text.done', { ...place, text, logprobs: [] }), this.done(message(id, text))];
  }

  calls(calls) {
    return [...this.endMessage(), ...calls.flatMap((call) => this.call(this.style.call(call)))];
  }

  call(item) {
    const text = item.input ?? item.arguments;
    const empty = item.input === undefined ? { arguments: '' } : { input: '' };
    const kind = item.type === 'custom_tool_call' ? 'custom_tool_call_input' : 'function_call_arguments';
    if (typeof text !== 'string') return [this.added(item), this.done(item)];
    const place = { item_id: item.id, ...this.at() };
    const parts = this.style.wholeArguments ? [text] : pieces(text, 11);
    return [
      this.added({ ...item, ...empty, status: 'in_progress' }),
      ...parts.map((delta) => this.event(`response.${kind}.delta`, { ...place, delta })),
      this.event(`response.${kind}.done`, {
        ...place,
        ...(item.input === undefined ? { arguments: text } : { input: text }),
      }),
      this.done(item),
    ];
  }

  // The item in which a native server keeps a whole conversation.
  compaction(sealed) {
    const item = { id: `cmp_${this.exchange.number}`, type: 'compaction', encrypted_content: sealed };
    return [this.added(item), this.done(item)];
  }

  error(text) {
    if (this.style.swallowsErrors) return '';
    const error = { code: 'server_error', message: text };
    return this.event('response.failed', { response: this.response('failed', { error }) });
  }

  close(reason) {
    const odd = this.style.endings?.[reason];
    if (odd) return odd(this);
    const last = this.endMessage();
    const [status, more] = this.ending(reason);
    return [
      ...last,
      this.event(`response.${status}`, { response: this.response(status, { usage: this.usage, ...more }) }),
    ];
  }

  ending(reason) {
    if (reason === 'length' && !this.style.hidesLength)
      return ['incomplete', { incomplete_details: { reason: 'max_output_tokens' } }];
    if (reason === 'content_filter') return ['incomplete', { incomplete_details: { reason: 'content_filter' } }];
    return ['completed', this.style.completed];
  }
}

function document(style, exchange, { thinking, text, calls, finish }) {
  const output = [
    ...(thinking && style.thinks !== false ? [style.reasoning(`rs_${exchange.number}`, thinking)] : []),
    ...(text ? [message(`msg_${exchange.number}`, text)] : []),
    ...calls.map(style.call),
  ];
  const cut = finish === 'length' && !style.hidesLength;
  return {
    id: `resp_${exchange.number}`,
    object: 'response',
    created_at: 1_700_000_000,
    status: cut ? 'incomplete' : 'completed',
    incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
    model: exchange.model,
    output,
    usage: usageOf(style, exchange.tokens),
    ...style.document,
  };
}

const partsOf = (content, types) => (Array.isArray(content) ? content : []).filter((part) => types.includes(part.type));
const textOf = (content) =>
  typeof content === 'string'
    ? content
    : partsOf(content, ['input_text', 'output_text'])
        .map((part) => part.text)
        .join('\n');
const imagesOf = (content) => partsOf(content, ['input_image']).length;

const flatten = (tools) =>
  tools.flatMap((tool) =>
    tool.type === 'namespace'
      ? tool.tools.map((inner) => ({ name: inner.name, namespace: tool.name }))
      : [{ name: tool.name ?? tool.type }],
  );

const answer = (item) =>
  item.type === 'tool_search_output'
    ? { text: JSON.stringify(item.tools), images: 0 }
    : { text: textOf(item.output), images: imagesOf(item.output) };

function seen(body) {
  const input = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
  const items = (test) => input.filter(test);
  const said = (...roles) => items((item) => roles.includes(item.role) && (item.type ?? 'message') === 'message');
  const answers = items((item) => /_output$/.test(item.type)).map(answer);
  const loaded = items((item) => ['additional_tools', 'tool_search_output'].includes(item.type));
  return new Seen({
    system: [body.instructions ?? '', ...said('developer', 'system').map((item) => textOf(item.content))].join('\n'),
    users: said('user').map((item) => textOf(item.content)),
    said: said('assistant').map((item) => textOf(item.content)),
    answers,
    images: [...said('user').map((item) => imagesOf(item.content)), ...answers.map((each) => each.images)].reduce(
      (sum, count) => sum + count,
      0,
    ),
    tools: flatten([...(body.tools ?? []), ...loaded.flatMap((item) => item.tools)]),
    schema: body.text?.format?.schema,
    replayed: items((item) => item.type === 'reasoning').map((item) => item.encrypted_content ?? textOf(item.content)),
    compacting: input.at(-1)?.type === 'compaction_trigger',
    compacted: items((item) => item.type === 'compaction').map((item) => item.encrypted_content),
  });
}

export const responsesWire = (style) => ({
  contentType: 'text/event-stream',
  headers: style.headers,
  seen,
  phrase: (exchange) => new Phrase(style, exchange),
  document: (exchange, answer) => document(style, exchange, answer),
  refusal: (kind, exchange) => style.refusal(kind, exchange),
});

// OpenAI itself, with what must not reach Codex.
export const nativeStyle = {
  headers: { 'openai-model': 'some-other-model', 'x-codex-turn-state': 'sticky-1' },
  created: { headers: { 'openai-model': 'some-other-model' } },
  extra: ['response.future_event', { note: 'unknown events pass through', ünïcode: '漢字' }],
  completed: { end_turn: false },
  endings: nativeEndings,
  document: { future_field: { kept: true } },
  reasoning,
  summaries: true,
  call: nativeCall,
  refusal: (kind, exchange) => {
    const [status, code, text, headers] = nativeRefusals[kind](exchange);
    const error = { message: text, type: status === 429 ? code : 'invalid_request_error', param: null, code };
    return { status, headers: { 'openai-model': 'some-other-model', ...headers }, body: JSON.stringify({ error }) };
  },
};

const nativeRefusals = {
  'not-found': ({ model }) => [404, 'model_not_found', `The model \`${model}\` does not exist`],
  context: () => [400, 'context_length_exceeded', 'Your input exceeds the context window of this model.'],
  key: ({ headers }) => [401, 'invalid_api_key', `Incorrect API key provided: ${headers.authorization}`],
  rate: () => [429, 'rate_limit_exceeded', 'Rate limit reached', { 'retry-after': '2' }],
  'rate-bare': () => [429, 'rate_limit_exceeded', 'Rate limit reached'],
  quota: () => [429, 'insufficient_quota', 'You exceeded your current quota'],
  server: () => [500, 'server_error', 'The server had an error'],
  busy: () => [503, 'server_is_overloaded', 'The server is overloaded'],
  bad: () => [400, 'invalid_prompt', 'temperature must be at most 2'],
  policy: () => [400, 'content_policy_violation', 'This prompt is not allowed'],
  denied: () => [403, 'model_not_allowed', 'This project may not use the model'],
};

// Everything that a server with plain functions only has in common; see basic_styles.mjs for the differences.
export const flatStyle = { reasoning, call: flatCall };
