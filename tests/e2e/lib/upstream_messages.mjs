// A scripted Anthropic: the Messages API, strict as the real one (see messages_check.mjs). Events, stop reasons and
// error types are those of its reference; overload is 529 before the stream (anthropics/claude-code#35792) and an
// `error` event within it; what does not fit is "prompt is too long" (anthropics/claude-code#12186).
import { createHash } from 'node:crypto';
import { clientHeaders } from './chat_check.mjs';
import { checkMessages } from './messages_check.mjs';
import { play, scripts } from './scripts.mjs';
import { argumentsText, flatArguments, flatName, pieces, Seen } from './turn.mjs';
import { json, Upstream } from './upstream.mjs';

const reasons = { stop: 'end_turn', calls: 'tool_use', length: 'max_tokens', content_filter: 'refusal' };

class Phrase {
  constructor(exchange, server) {
    Object.assign(this, { exchange, server, index: -1 });
  }

  event(type, fields = {}) {
    return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  }

  open() {
    const { input } = this.server.usage(this.exchange);
    const usage = { input_tokens: input, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 };
    const message = this.server.message(this.exchange, { content: [], stop_reason: null, usage });
    return [this.event('message_start', { message }), this.event('ping')];
  }

  start(type, block) {
    const end = this.stop();
    this.index++;
    this.current = type;
    return [...end, this.event('content_block_start', { index: this.index, content_block: { type, ...block } })];
  }

  delta(fields) {
    return this.event('content_block_delta', { index: this.index, delta: fields });
  }

  stop() {
    if (!this.current) return [];
    this.current = undefined;
    return [this.event('content_block_stop', { index: this.index })];
  }

  think(text) {
    if (!this.server.thinks(this.exchange.body)) return [];
    return [
      ...this.start('thinking', { thinking: '', signature: '' }),
      ...pieces(text, 9).map((thinking) => this.delta({ type: 'thinking_delta', thinking })),
      this.delta({ type: 'signature_delta', signature: this.server.sign(text) }),
      ...this.stop(),
    ];
  }

  piece(text) {
    const begin = this.current === 'text' ? '' : this.start('text', { text: '' }).join('');
    return begin + this.delta({ type: 'text_delta', text });
  }

  text(text) {
    return pieces(text, 7).map((part) => this.piece(part));
  }

  calls(calls) {
    return calls.flatMap((call) => [
      ...this.start('tool_use', { id: this.server.callId(call, this.exchange), name: flatName(call), input: {} }),
      this.delta({ type: 'input_json_delta', partial_json: '' }),
      ...pieces(argumentsText(call), 11).map((partial_json) => this.delta({ type: 'input_json_delta', partial_json })),
      this.event('ping'),
      ...this.stop(),
    ]);
  }

  error(text) {
    return this.event('error', { error: { type: 'api_error', message: text } });
  }

  close(reason) {
    const { output } = this.server.usage(this.exchange);
    return [
      ...this.stop(),
      this.event('message_delta', {
        delta: { stop_reason: reasons[reason], stop_sequence: null },
        usage: { output_tokens: output },
      }),
      this.event('message_stop'),
    ];
  }
}

const blocksOf = (content) => (typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []));
const textOf = (content) =>
  blocksOf(content)
    .filter((block) => block.type === 'text')
    .map((block) => block.text)
    .join('\n');
const countImages = (content) => blocksOf(content).filter((block) => block.type === 'image').length;

function seen(body) {
  const blocks = (role, type) =>
    body.messages
      .filter((message) => message.role === role)
      .flatMap((message) => blocksOf(message.content))
      .filter((block) => block.type === type);
  const results = blocks('user', 'tool_result').map(({ content }) => ({
    text: textOf(content),
    images: countImages(content),
  }));
  return new Seen({
    system: textOf(body.system),
    users: body.messages
      .filter((message) => message.role === 'user')
      .map((message) => textOf(message.content))
      .filter(Boolean),
    said: blocks('assistant', 'text').map((block) => block.text),
    answers: results,
    images: blocks('user', 'image').length + results.reduce((sum, { images }) => sum + images, 0),
    tools: (body.tools ?? []).map(({ name }) => ({ name })),
    schema: body.output_config?.format?.schema,
    replayed: blocks('assistant', 'thinking').map((block) => block.thinking),
  });
}

const refused = (status, type, message, headers) => ({
  status,
  headers,
  body: JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_011CScripted' }),
});
const refusals = {
  'not-found': ({ model }) => refused(404, 'not_found_error', `model: ${model}`),
  context: () => refused(400, 'invalid_request_error', 'prompt is too long: 208310 tokens > 200000 maximum'),
  key: () => refused(401, 'authentication_error', 'invalid x-api-key'),
  rate: () =>
    refused(429, 'rate_limit_error', 'This request would exceed your rate limit. Please try again later.', {
      'retry-after': '2',
    }),
  'rate-bare': () =>
    refused(429, 'rate_limit_error', 'This request would exceed your rate limit. Please try again later.'),
  quota: () => refused(400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
  server: () => refused(500, 'api_error', 'Internal server error'),
  busy: () => refused(529, 'overloaded_error', 'Overloaded'),
  bad: () => refused(400, 'invalid_request_error', 'temperature: range: 0..1'),
  policy: () => refused(400, 'invalid_request_error', 'Output blocked by content filtering policy'),
  denied: () =>
    refused(403, 'permission_error', 'Your API key does not have permission to use the specified resource.'),
};

function* checkHeaders(headers, key) {
  if (!headers['x-api-key']) yield 'x-api-key header is required';
  else if (headers['x-api-key'] !== key) yield 'invalid x-api-key';
  if (!headers['anthropic-version']) yield 'anthropic-version: header is required';
  if (headers.authorization) yield 'authorization came along with x-api-key';
  for (const name of clientHeaders)
    if (name in headers && name !== 'x-api-key') yield `header ${name} reached the upstream`;
}

export class MessagesUpstream extends Upstream {
  // `models`: what /v1/models lists.
  constructor({ key, models } = {}) {
    super();
    this.key = key;
    this.models = models ?? Object.keys(scripts);
    this.signatures = new Map();
    this.wire = {
      contentType: 'text/event-stream; charset=utf-8',
      seen,
      phrase: (exchange) => new Phrase(exchange, this),
      document: (exchange, answer) => this.document(exchange, answer),
      refusal: (kind, exchange) => refusals[kind](exchange),
    };
  }

  thinks({ thinking }) {
    return ['enabled', 'adaptive'].includes(thinking?.type);
  }

  sign(thinking) {
    const signature = createHash('sha256').update(thinking).digest('base64');
    this.signatures.set(signature, thinking);
    return signature;
  }

  // Ids are the server's own, never seen before.
  callId(call, { number }) {
    return `toolu_${String(number).padStart(4, '0')}${call.id.replace(/[^a-zA-Z0-9]/g, '')}`;
  }

  usage({ tokens, number }) {
    return { input: tokens?.input ?? 1200 + number, output: tokens?.output ?? 34 };
  }

  message(exchange, fields) {
    const { number, model } = exchange;
    return { id: `msg_${number}`, type: 'message', role: 'assistant', model, stop_sequence: null, ...fields };
  }

  document(exchange, { thinking, text, calls, finish }) {
    const { input, output } = this.usage(exchange);
    const thought = thinking && this.thinks(exchange.body);
    const content = [
      ...(thought ? [{ type: 'thinking', thinking, signature: this.sign(thinking) }] : []),
      ...(text ? [{ type: 'text', text }] : []),
      ...calls.map((call) => ({
        type: 'tool_use',
        id: this.callId(call, exchange),
        name: flatName(call),
        input: flatArguments(call),
      })),
    ];
    const usage = {
      input_tokens: input,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: output,
    };
    return this.message(exchange, { content, stop_reason: reasons[finish], usage });
  }

  async answer(exchange) {
    const { req, res } = exchange;
    const path = req.url.split('?')[0];
    const problems = [...checkHeaders(req.headers, this.key)];
    if (problems.length) {
      exchange.violations.push(...problems);
      return this.fail(res, refused(401, 'authentication_error', problems.join('; ')));
    }
    if (req.method === 'GET' && path === '/v1/models') return this.list(res);
    if (path === '/v1/messages/count_tokens') return this.count(exchange);
    if (path === '/v1/messages') return this.create(exchange);
    exchange.violations.push(`${req.method} ${req.url}: this server has no such path`);
    this.fail(res, refused(404, 'not_found_error', 'Not found'));
  }

  fail(res, { status, body, headers }) {
    json(res, status, body, headers);
  }

  list(res) {
    const models = [...this.models, ...this.fresh];
    const data = models.map((id) => ({ type: 'model', id, display_name: id, created_at: '2026-02-19T00:00:00Z' }));
    json(res, 200, { data, has_more: false, first_id: models[0], last_id: models.at(-1) });
  }

  count(exchange) {
    const { stream, max_tokens: _, ...rest } = exchange.body;
    if (stream !== undefined || 'max_tokens' in exchange.body)
      exchange.violations.push('count_tokens takes neither stream nor max_tokens');
    exchange.violations.push(...checkMessages({ ...rest, max_tokens: 1024 }, this.signatures));
    if (exchange.violations.length) return this.refuse(exchange);
    json(exchange.res, 200, { input_tokens: Math.ceil(exchange.raw.length / 4) });
  }

  async create(exchange) {
    exchange.violations.push(...checkMessages(exchange.body, this.signatures));
    if (exchange.violations.length) return this.refuse(exchange);
    await play(exchange, this.wire, () => this.refuse(exchange));
  }

  refuse(exchange) {
    this.fail(exchange.res, refused(400, 'invalid_request_error', exchange.violations.join('; ')));
  }
}
