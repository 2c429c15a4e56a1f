// Scripted servers for clients whose own bytes may reach them: what the client chose to send is not the gateway's
// doing, so only what the gateway adds is checked. They also make embeddings.
import { checkHeaders } from './chat_check.mjs';
import { nativeStyle, responsesWire } from './responses_wire.mjs';
import { play } from './scripts.mjs';
import { ChatUpstream } from './upstream_chat.mjs';
import { MessagesUpstream } from './upstream_messages.mjs';
import { OllamaUpstream } from './upstream_ollama.mjs';
import { ResponsesUpstream } from './upstream_responses.mjs';
import { json } from './upstream.mjs';

// Three figures that depend on the text.
export const vectorOf = (text) => [text.length, text.charCodeAt(0) / 8, -0.5];

const encoded = (vector, format) =>
  format === 'base64' ? Buffer.from(new Float32Array(vector).buffer).toString('base64') : vector;

function embed(exchange) {
  const { input, model } = exchange.body;
  if (input === undefined) {
    const error = { message: 'input is required', type: 'invalid_request_error', param: 'input', code: null };
    return json(exchange.res, 400, { error });
  }
  json(exchange.res, 200, listOf(exchange.body, [input].flat().map(vectorOf), model));
}

function listOf({ encoding_format: format }, vectors, model) {
  const data = vectors.map((vector, index) => ({ object: 'embedding', index, embedding: encoded(vector, format) }));
  return { object: 'list', model, data, usage: { prompt_tokens: 7, total_tokens: 7 } };
}

// `answers`: path -> how; what is not there is an error.
async function serve(upstream, exchange, answers) {
  exchange.violations.push(...checkHeaders(exchange.headers, upstream.key));
  if (!answers[exchange.path]) exchange.violations.push(`${exchange.method} ${exchange.path} does not exist here`);
  if (exchange.violations.length) return upstream.refuse(exchange);
  await answers[exchange.path](exchange);
}

export class OpenChatUpstream extends ChatUpstream {
  async answer(exchange) {
    if (exchange.method === 'GET') return super.answer(exchange);
    const chat = () => play(exchange, this.wire, () => this.refuse(exchange));
    await serve(this, exchange, { '/v1/chat/completions': chat, '/v1/embeddings': embed });
  }
}

// The SDK's stream helper refuses events that it does not know, so this one says nothing but what OpenAI does.
const wire = responsesWire({ ...nativeStyle, extra: undefined });

export class OpenResponsesUpstream extends ResponsesUpstream {
  async answer(exchange) {
    if (exchange.method === 'GET') return super.answer(exchange);
    const respond = () => play(exchange, wire, () => this.refuse(exchange));
    await serve(this, exchange, { '/v1/responses': respond, '/v1/embeddings': embed });
  }
}

const noThreads = {
  type: 'error',
  error: {
    type: 'invalid_request_error',
    message: 'thread: this request cannot be threaded',
    details: { error_code: 'thread_unsupported_request', unsupported: ['model'] },
  },
};

// With a beta the client may send what the reference does not know (Claude Code does, and the SDK's beta resources).
// Conversations are not kept here; the SDK is told so in Anthropic's words.
export class BetaMessagesUpstream extends MessagesUpstream {
  async create(exchange) {
    if (!exchange.headers['anthropic-beta']) return super.create(exchange);
    if (exchange.body.thread) return json(exchange.res, 400, noThreads);
    await play(exchange, this.wire, () => this.refuse(exchange));
  }
}

// Ollama takes encoding_format since 0.13 (ollama/ollama, middleware/openai.go).
export class EmbeddingOllamaUpstream extends OllamaUpstream {
  embeddings({ res, body }) {
    json(res, 200, listOf(body, this.vectors(body.input), body.model));
  }
}
