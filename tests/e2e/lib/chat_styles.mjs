// How different model servers phrase the same chat stream. A style is a set of pure functions that return
// chunk deltas; `Phrase` wraps them into whole chunks.

import { argumentsText, flatName, pieces, Seen } from './turn.mjs';

// Arguments in small fragments, the calls interleaved, told apart by index alone.
function fragmentedCalls(calls) {
  const deltas = calls.map((call, index) => ({
    tool_calls: [{ index, id: call.id, type: 'function', function: { name: flatName(call), arguments: '' } }],
  }));
  const fragments = calls.map((call) => pieces(argumentsText(call), 11));
  for (let n = 0; n < Math.max(...fragments.map((list) => list.length)); n++) {
    fragments.forEach((list, index) => {
      if (list[n] !== undefined) deltas.push({ tool_calls: [{ index, function: { arguments: list[n] } }] });
    });
  }
  return deltas;
}

const counts = (n, tokens) => {
  const prompt = tokens?.input ?? 1200 + n;
  const completion = tokens?.output ?? 34;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
};

const openai = {
  open: () => [{ role: 'assistant', content: '', refusal: null }],
  think: () => [],
  text: (text) => pieces(text, 7).map((content) => ({ content })),
  calls: fragmentedCalls,
  finishOfCalls: 'tool_calls',
  close: () => ({}),
  usage: (n, tokens) => ({
    ...counts(n, tokens),
    prompt_tokens_details: { cached_tokens: 1000 },
    completion_tokens_details: { reasoning_tokens: 7 },
  }),
  everyChunk: { service_tier: 'default', system_fingerprint: 'fp_1', usage: null, obfuscation: 'Xy9' },
  line: (json) => `data: ${json}\n\n`,
};

const vllm = {
  ...openai,
  open: () => [{ role: 'assistant', content: '' }],
  think: (text) => pieces(text, 9).map((part) => ({ reasoning: part, reasoning_content: part })),
  replay: { field: 'reasoning', always: true },
  usage: counts,
  everyChunk: {},
};

const ollama = {
  ...openai,
  open: () => [],
  think: (text) => pieces(text, 9).map((part) => ({ role: 'assistant', content: '', reasoning: part })),
  text: (text) => pieces(text, 7).map((content) => ({ role: 'assistant', content })),
  // Whole calls, and the same index for each.
  calls: (calls) =>
    calls.map((call) => ({
      role: 'assistant',
      content: '',
      tool_calls: [
        { id: call.id, index: 0, type: 'function', function: { name: flatName(call), arguments: argumentsText(call) } },
      ],
    })),
  replay: { field: 'reasoning', always: false },
  finishOfCalls: 'stop',
  close: () => ({ role: 'assistant', content: '' }),
  usage: counts,
  everyChunk: { system_fingerprint: 'fp_ollama' },
};

const deepseek = {
  ...openai,
  open: () => [{ role: 'assistant', content: null, reasoning_content: '' }],
  think: (text) => pieces(text, 9).map((part) => ({ content: null, reasoning_content: part })),
  usage: (n, tokens) => ({ ...counts(n, tokens), prompt_cache_hit_tokens: 1000, prompt_cache_miss_tokens: 200 + n }),
  usageWithChoices: true,
  replay: { field: 'reasoning_content', always: true },
  everyChunk: {},
  comments: true,
};

const messy = {
  ...openai,
  open: () => [{ role: 'assistant' }],
  // No index, the same id in every turn, and arguments that are no string.
  calls: (calls) =>
    calls.map((call, n) => ({
      tool_calls: [
        {
          id: 'call_0',
          type: 'function',
          function: { name: flatName(call), arguments: n % 2 ? JSON.parse(argumentsText(call)) : argumentsText(call) },
        },
      ],
    })),
  finishOfCalls: 'stop',
  usage: (n) => ({ prompt_tokens: 1200 + n, completion_tokens: 34 }),
  everyChunk: {},
  comments: true,
  line: (json) => `data:${json}\r\n\r\n`,
};

export const styles = { openai, vllm, ollama, deepseek, messy };

const reasons = (style) => ({ calls: style.finishOfCalls, stop: 'stop', length: 'length' });

// One answer in one style: turns deltas into the text of whole events.
class Phrase {
  constructor(style, exchange) {
    this.style = style;
    this.exchange = exchange;
    this.base = {
      id: `chatcmpl-${exchange.number}`,
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: exchange.model,
      ...this.style.everyChunk,
    };
  }

  event(object) {
    return this.style.line(JSON.stringify(object));
  }

  chunk(delta, finish = null, more = {}) {
    return this.event({ ...this.base, choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }], ...more });
  }

  open() {
    const comment = this.style.comments ? [': keep-alive\n\n'] : [];
    return [...comment, ...this.style.open().map((delta) => this.chunk(delta))];
  }

  think(text) {
    return this.style.think(text).map((delta) => this.chunk(delta));
  }

  text(text) {
    return this.style.text(text).map((delta) => this.chunk(delta));
  }

  piece(content) {
    return this.chunk({ content });
  }

  calls(calls) {
    return this.style.calls(calls).map((delta) => this.chunk(delta));
  }

  error(message) {
    return this.event({ error: { message, type: 'server_error', code: 500 } });
  }

  close(finish) {
    const usage = this.style.usage(this.exchange.number, this.exchange.tokens);
    const last = this.style.usageWithChoices
      ? this.chunk({ content: '' }, null, { usage })
      : this.event({ ...this.base, choices: [], usage });
    return [this.chunk(this.style.close(), reasons(this.style)[finish] ?? finish), last, this.style.line('[DONE]')];
  }
}

// The same answer as one JSON document, for requests without a stream.
function document(style, exchange, { text, calls, finish }) {
  const message = { role: 'assistant', content: text || null, refusal: null };
  if (calls.length)
    message.tool_calls = calls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: flatName(call), arguments: argumentsText(call) },
    }));
  return {
    id: `chatcmpl-${exchange.number}`,
    object: 'chat.completion',
    created: 1_700_000_000,
    model: exchange.model,
    choices: [{ index: 0, message, finish_reason: reasons(style)[finish] ?? finish, logprobs: null }],
    usage: style.usage(exchange.number, exchange.tokens),
  };
}

const textOf = (content) =>
  typeof content === 'string'
    ? content
    : (content ?? [])
        .filter((part) => part.type === 'text')
        .map((part) => part.text)
        .join('\n');
const imagesOf = (content) => (Array.isArray(content) ? content.filter((part) => part.type === 'image_url').length : 0);

function seen(body) {
  const of = (role) => body.messages.filter((message) => message.role === role);
  return new Seen({
    system: of('system')
      .map((message) => textOf(message.content))
      .join('\n'),
    users: of('user').map((message) => textOf(message.content)),
    said: of('assistant')
      .map((message) => textOf(message.content))
      .filter(Boolean),
    answers: of('tool').map((message) => ({ text: textOf(message.content), images: 0 })),
    images: of('user').reduce((sum, message) => sum + imagesOf(message.content), 0),
    tools: (body.tools ?? []).map((tool) => ({ name: tool.function.name })),
    schema: body.response_format?.json_schema?.schema,
    replayed: of('assistant')
      .map((message) => message.reasoning ?? message.reasoning_content)
      .filter(Boolean),
  });
}

const openAiError = (status, message, type, code, headers) => ({
  status,
  headers,
  body: JSON.stringify({ error: { message, type, param: null, code } }),
});

// As vLLM says it, flat and with a number for a code (vllm-project/vllm#4667, #20409).
const vllmContext = (requested) => ({
  status: 400,
  body: JSON.stringify({
    object: 'error',
    type: 'BadRequestError',
    param: null,
    code: 400,
    message: `This model's maximum context length is 32768 tokens. However, you requested ${requested} tokens`,
  }),
});

const refusals = {
  'not-found': () => openAiError(404, 'model "x" not found, try pulling it first', 'not_found_error', null),
  context: () => vllmContext(40000),
  // A provider that repeats the credential it was given.
  key: ({ headers }) =>
    openAiError(
      401,
      `Incorrect API key provided: ${headers.authorization}`,
      'invalid_request_error',
      'invalid_api_key',
    ),
  rate: () => openAiError(429, 'Rate limit reached', 'requests', 'rate_limit_exceeded', { 'retry-after': '2' }),
  'rate-bare': () => openAiError(429, 'Rate limit reached', 'requests', 'rate_limit_exceeded'),
  quota: () => openAiError(429, 'You exceeded your current quota', 'insufficient_quota', 'insufficient_quota'),
  server: () => openAiError(500, 'The server had an error', 'server_error', null),
  busy: () => openAiError(503, 'The server is overloaded', 'server_error', 'server_is_overloaded'),
  bad: () => openAiError(400, 'temperature must be at most 2', 'invalid_request_error', null),
  policy: () => openAiError(400, 'This prompt is not allowed', 'invalid_request_error', 'content_policy_violation'),
  denied: () => openAiError(403, 'This project may not use the model', 'invalid_request_error', 'model_not_allowed'),
};

// The wire of one style of Chat Completions.
export function chatWire(style) {
  const phrasing = styles[style];
  return {
    contentType: 'text/event-stream',
    headers: { 'openai-model': 'another-model' },
    seen,
    phrase: (exchange) => new Phrase(phrasing, exchange),
    document: (exchange, answer) => document(phrasing, exchange, answer),
    refusal: (kind, exchange) => refusals[kind](exchange),
  };
}
