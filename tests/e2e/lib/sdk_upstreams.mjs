// Scripted servers for clients whose own bytes may reach them: what the client chose to send is not the gateway's doing,
// so only what the gateway adds is checked. They also make embeddings.
import { checkHeaders } from './chat_check.mjs';
import { nativeStyle, responsesWire } from './responses_wire.mjs';
import { play } from './scripts.mjs';
import { ChatUpstream } from './upstream_chat.mjs';
import { ResponsesUpstream } from './upstream_responses.mjs';
import { json } from './upstream.mjs';

// Three figures that depend on the text.
export const vectorOf = (text) => [text.length, text.charCodeAt(0) / 8, -0.5];

const encoded = (vector, format) =>
  format === 'base64' ? Buffer.from(new Float32Array(vector).buffer).toString('base64') : vector;

function embed(exchange) {
  const { input, model, encoding_format: format } = exchange.body;
  const texts = [input].flat();
  const data = texts.map((text, index) => ({
    object: 'embedding',
    index,
    embedding: encoded(vectorOf(text), format),
  }));
  json(exchange.res, 200, { object: 'list', model, data, usage: { prompt_tokens: 7, total_tokens: 7 } });
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
