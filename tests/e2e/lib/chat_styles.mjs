// How different model servers phrase the same chat stream. A style is a set of pure functions that return
// chunk deltas; `Phrase` wraps them into whole chunks.

const pieces = (text, size) => text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? [];

// Arguments in small fragments, the calls interleaved, told apart by index alone.
function fragmentedCalls(calls) {
  const deltas = calls.map((call, index) => ({
    tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }],
  }));
  const fragments = calls.map((call) => pieces(call.arguments, 11));
  for (let n = 0; n < Math.max(...fragments.map((list) => list.length)); n++) {
    fragments.forEach((list, index) => {
      if (list[n] !== undefined) deltas.push({ tool_calls: [{ index, function: { arguments: list[n] } }] });
    });
  }
  return deltas;
}

const counts = (n) => ({ prompt_tokens: 1200 + n, completion_tokens: 34, total_tokens: 1234 + n });

const openai = {
  open: () => [{ role: 'assistant', content: '', refusal: null }],
  think: () => [],
  text: (text) => pieces(text, 7).map((content) => ({ content })),
  calls: fragmentedCalls,
  finishOfCalls: 'tool_calls',
  close: () => ({}),
  usage: (n) => ({
    ...counts(n),
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
        { id: call.id, index: 0, type: 'function', function: { name: call.name, arguments: call.arguments } },
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
  usage: (n) => ({ ...counts(n), prompt_cache_hit_tokens: 1000, prompt_cache_miss_tokens: 200 + n }),
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
          function: { name: call.name, arguments: n % 2 ? JSON.parse(call.arguments) : call.arguments },
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

// One answer in one style: turns deltas into the text of whole events.
export class Phrase {
  constructor(style, model, n) {
    this.style = styles[style];
    this.base = {
      id: `chatcmpl-${n}`,
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model,
      ...this.style.everyChunk,
    };
    this.n = n;
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

  calls(calls) {
    return this.style.calls(calls).map((delta) => this.chunk(delta));
  }

  close(finish) {
    const usage = this.style.usage(this.n);
    const last = this.style.usageWithChoices
      ? this.chunk({ content: '' }, null, { usage })
      : this.event({ ...this.base, choices: [], usage });
    return [this.chunk(this.style.close(), finish), last, this.style.line('[DONE]')];
  }
}

// The same answer as one JSON document, for requests without a stream.
export function document(style, model, n, { text, calls, finish }) {
  const message = { role: 'assistant', content: text || null, refusal: null };
  if (calls.length)
    message.tool_calls = calls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    }));
  return {
    id: `chatcmpl-${n}`,
    object: 'chat.completion',
    created: 1_700_000_000,
    model,
    choices: [{ index: 0, message, finish_reason: finish, logprobs: null }],
    usage: styles[style].usage(n),
  };
}
