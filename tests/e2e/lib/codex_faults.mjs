// What can go wrong, how often Codex asks then, and what its user reads: the rows of the second table in docs/codex.md.
//
// How often Codex asks hangs on the answer's form (measured, with its default settings in brackets):
//   once     it gives up at once (1)
//   request  an answer that it repeats within an attempt: request_max_retries + 1 (5)
//   turn     it repeats the turn: stream_max_retries + 1 (6)
//   both     each attempt of each turn (30)
import { chatProvider } from './gateway.mjs';
import { kinds } from './setup.mjs';

// With request_max_retries = stream_max_retries = retries.
export const askedFor = { once: () => 1, request: (n) => n + 1, turn: (n) => n + 1, both: (n) => (n + 1) ** 2 };
export const askedByDefault = { once: 1, request: 5, turn: 6, both: 30 };
export const retries = 1;

// Providers of the rows' own: a server that is no more, and the chat server for a gateway that does not wait for long.
const hasty = { keep_alive: '200ms', timeouts: { first_byte: '1500ms', idle: '1500ms' } };
export const faultProviders = ({ chat }) => ({
  dead: { type: 'openai-compatible', dialect: 'chat', base_url: 'http://127.0.0.1:9/v1' },
  ...(chat ? { hasty: chatProvider(chat, hasty) } : {}),
});

const noCredentials = /refused the gateway's credentials/;
const endedEarly = /stream disconnected before completion: The (provider|model server) ended its answer too early/;
const noRoom = /ran out of room in the model's context window/;
const brokenOff = /stream disconnected before completion: The connection to the model's provider broke off/;

// `shows`: in the last message that the user reads. `works`: nothing is wrong for the user, and that is the answer.
// `requests`: how many are right where a right answer takes more than one. `upstream: 0`: none reaches a model server.
// `resends`: how often the gateway itself may send a request: again when it met a dead connection of the pool, and to
// Ollama with a larger context.
export const faults = [
  {
    name: 'bad',
    title: 'the provider refuses the request (400)',
    script: 'fault-400',
    kinds,
    asked: 'once',
    shows: /^[^{]*temperature/,
  },
  {
    name: 'context',
    title: 'the conversation is too long for the model',
    script: 'fault-context',
    kinds: ['chat', 'basic', 'messages', 'native'],
    asked: 'once',
    shows: noRoom,
  },
  {
    name: 'context-known',
    title: 'the same, known from `/api/show` before the model is asked',
    script: 'fault-context',
    kinds: ['ollama'],
    asked: 'once',
    upstream: 0,
    shows: noRoom,
  },
  {
    name: 'context-refused',
    title: 'the same, refused by Ollama with the largest `num_ctx`, too',
    script: 'fault-too-long',
    kinds: ['ollama'],
    asked: 'once',
    resends: 4,
    shows: noRoom,
  },
  {
    name: 'policy',
    title: "the provider's policy forbids the prompt",
    script: 'fault-policy',
    kinds: ['chat', 'basic', 'messages', 'native'],
    asked: 'once',
    shows: /^(This prompt is not allowed|Output blocked by content filtering policy)$/,
  },
  {
    name: 'not-found',
    title: 'the provider does not know the model (404)',
    script: 'fault-404',
    kinds,
    asked: 'once',
    shows: /^[^{]*(not found|does not exist|^model: )/,
  },
  {
    name: 'key',
    title: "the provider refuses the gateway's key (401)",
    script: 'fault-401',
    kinds,
    asked: 'both',
    shows: noCredentials,
    hides: /upstream-secret/,
  },
  {
    name: 'denied',
    title: 'the key may not use the model (403)',
    script: 'fault-403',
    kinds: ['chat', 'basic', 'messages', 'native'],
    asked: 'both',
    shows: noCredentials,
  },
  {
    name: 'rate',
    title: 'too many requests at the provider (429, Retry-After)',
    script: 'fault-429',
    kinds: ['chat', 'basic', 'messages', 'native'],
    asked: 'turn',
    shows: /429 Too Many Requests/,
  },
  {
    name: 'rate-bare',
    title: 'the same without Retry-After: the gateway says 5 s',
    script: 'fault-429-bare',
    kinds: ['chat'],
    asked: 'turn',
    shows: /429 Too Many Requests/,
  },
  {
    name: 'quota',
    title: 'the quota at the provider is used up',
    script: 'fault-quota',
    kinds: ['chat', 'basic', 'messages', 'native'],
    asked: 'once',
    shows: /Quota exceeded|credit balance is too low/,
  },
  {
    name: 'server',
    title: 'the provider fails (500)',
    script: 'fault-500',
    kinds,
    asked: 'both',
    shows: /(had an error|[iI]nternal server error|has terminated)/,
    hides: /high demand/,
  },
  {
    name: 'busy',
    title: 'the provider is overloaded (503, 529)',
    script: 'fault-busy',
    kinds: ['chat', 'basic', 'messages', 'native'],
    asked: 'request',
    shows: /Selected model is at capacity/,
  },
  {
    name: 'queue',
    title: "Ollama's queue is full (503): Codex comes again every 5 s, as the gateway says",
    script: 'fault-busy',
    kinds: ['ollama'],
    asked: 'both',
    shows: /Selected model is at capacity/,
  },
  {
    name: 'html-502',
    title: 'an HTML page instead of an answer (502)',
    script: 'fault-502-html',
    kinds: ['chat'],
    asked: 'both',
    shows: /answered 502 without a reason/,
  },
  {
    name: 'drop',
    title: 'the connection breaks before the headers',
    script: 'fault-drop',
    kinds,
    asked: 'both',
    resends: 2,
    shows: /provider closed the connection/,
  },
  {
    name: 'dead',
    title: 'the provider cannot be reached',
    provider: 'dead',
    script: 'hello',
    kinds: ['chat'],
    asked: 'both',
    upstream: 0,
    shows: /provider cannot be reached/,
  },
  {
    name: 'late',
    title: 'no headers within `timeouts.first_byte`',
    provider: 'hasty',
    script: 'headless-60000',
    kinds: ['chat'],
    asked: 'both',
    shows: /did not answer in time/,
  },
  {
    name: 'html-200',
    title: '200 with an HTML page',
    script: 'fault-html',
    kinds,
    asked: 'both',
    shows: /answered a request for a stream with text\/html/,
  },
  {
    name: 'error-200',
    title: '200 with an error as JSON',
    script: 'fault-200-error',
    kinds,
    asked: 'both',
    shows: /no GPU left/,
  },
  {
    name: 'nothing',
    title: '200 and an empty stream',
    script: 'fault-nothing',
    kinds,
    asked: 'both',
    shows: /502 Bad Gateway: The (provider|model server) ended its answer too early/,
  },

  {
    name: 'reset',
    title: 'the connection breaks in mid-stream',
    script: 'fault-reset',
    kinds,
    asked: 'turn',
    shows: brokenOff,
  },
  {
    name: 'eof',
    title: 'the stream ends without an end',
    script: 'fault-eof',
    kinds,
    asked: 'turn',
    shows: endedEarly,
  },
  {
    name: 'chunk',
    title: 'an error within the stream',
    script: 'fault-chunk',
    kinds,
    asked: 'turn',
    shows: /stream disconnected before completion: CUDA out of memory/,
  },
  {
    name: 'silence',
    title: 'silence beyond `timeouts.idle`',
    provider: 'hasty',
    script: 'silent-60000',
    kinds: ['chat'],
    asked: 'turn',
    shows: /fell silent in the middle of its answer/,
  },
  {
    name: 'length',
    title: 'the answer is cut off by its length',
    script: 'fault-length',
    kinds,
    asked: 'once',
    shows: /max_output_tokens/,
  },
  {
    name: 'length-calls',
    title: 'a tool call is cut off: it is not executed',
    script: 'fault-length-calls',
    kinds: ['chat', 'basic', 'messages'],
    asked: 'once',
    shows: /max_output_tokens/,
  },
  {
    name: 'filter',
    title: 'a content filter ends the answer',
    script: 'fault-filter',
    kinds: ['chat', 'basic', 'messages'],
    asked: 'once',
    shows: /filter|policy|refus/i,
  },
  {
    name: 'arguments',
    title: 'a tool call whose arguments are no JSON',
    script: 'fault-arguments',
    kinds: ['chat', 'basic', 'messages'],
    asked: 'once',
    requests: 2,
    works: 'And on it goes.',
  },
  { name: 'empty', title: 'an empty answer', script: 'fault-empty', kinds, asked: 'once', works: undefined },

  // Servers that have the whole Responses API and break its rules: bytes pass, but these are mended.
  {
    name: 'no-id',
    title: '`response.completed` without an id',
    script: 'fault-no-id',
    kinds: ['native'],
    asked: 'once',
    works: 'Odd, but an answer.',
  },
  {
    name: 'no-total',
    title: 'usage without `total_tokens`',
    script: 'fault-no-total',
    kinds: ['native'],
    asked: 'once',
    works: 'Odd, but an answer.',
  },
  {
    name: 'chat-usage',
    title: 'usage in the words of Chat Completions',
    script: 'fault-chat-usage',
    kinds: ['native'],
    asked: 'once',
    works: 'Odd, but an answer.',
  },
  {
    name: 'bare-details',
    title: 'usage whose details lack their numbers',
    script: 'fault-bare-details',
    kinds: ['native'],
    asked: 'once',
    works: 'Odd, but an answer.',
  },
  {
    name: 'no-response',
    title: '`response.completed` without a response',
    script: 'fault-no-response',
    kinds: ['native'],
    asked: 'once',
    works: 'Odd, but an answer.',
  },
  {
    name: 'end-turn',
    title: '`end_turn: false`, at which Codex would ask for ever',
    script: 'fault-end-turn',
    kinds: ['native'],
    asked: 'once',
    works: 'Odd, but an answer.',
  },
  {
    name: 'deltas-only',
    title: 'a text told by deltas only',
    script: 'fault-deltas-only',
    kinds: ['native'],
    asked: 'once',
    works: 'Odd, but an answer.',
  },
  {
    name: 'odd-call',
    title: 'a tool call without an id, its arguments an object',
    script: 'fault-odd-call',
    kinds: ['native'],
    asked: 'once',
    requests: 2,
    works: 'And on it goes.',
  },
  {
    name: 'number-code',
    title: '`response.failed` whose code is a number',
    script: 'fault-number-code',
    kinds: ['native'],
    asked: 'turn',
    shows: /stream disconnected before completion: CUDA out of memory/,
  },
  {
    name: 'error-event',
    title: 'an event `error`, which Codex ignores, and no end',
    script: 'fault-error-event',
    kinds: ['native'],
    asked: 'turn',
    shows: /stream disconnected before completion: CUDA out of memory/,
  },

  {
    name: 'keep-alive',
    title: "silence longer than Codex's idle timer: the gateway gives signs of life",
    script: 'silent-3000',
    kinds,
    asked: 'once',
    works: 'late',
    extra: 'stream_idle_timeout_ms = 2000\n',
  },
  {
    name: 'no-model',
    title: 'a model that the gateway does not know',
    gatewayModel: 'no-such-model',
    kinds: ['chat'],
    asked: 'once',
    upstream: 0,
    shows: /no-such-model.*chat-bad/s,
  },
  {
    name: 'no-key',
    title: 'a key that the gateway does not know',
    key: 'wrong-key-canary',
    script: 'hello',
    kinds: ['chat'],
    asked: 'turn',
    upstream: 0,
    shows: /401 Unauthorized/,
    hides: /wrong-key-canary/,
  },
];

// What the gateway does by itself; tried one by one in codex_errors.test.mjs.
export const ownFaults = [
  { name: 'too-big', title: 'a request above `gateway.limits.body_bytes`', kinds: ['chat'], asked: 'turn' },
  { name: 'away', title: 'a gateway that is being restarted: Codex waits for it', kinds: ['chat'], asked: 'once' },
];
