// A model server that speaks Responses natively, and records the bytes it was sent, so that a test can
// tell whether they passed through untouched. Its answers hold what must not reach Codex.
import { checkHeaders } from './chat_check.mjs';
import { nativeStyle, responsesWire } from './responses_wire.mjs';
import { play } from './scripts.mjs';
import { json, Upstream } from './upstream.mjs';

const wire = responsesWire(nativeStyle);
export const nativeText = 'Hello from the native model.';

// What Codex sends back must have come through as it was said here: OpenAI refuses what it did not seal itself.
const ownSeals = { reasoning: /^opaque-rs_/, compaction: /^sealed:/ };

function checkReplay({ input }) {
  if (!Array.isArray(input)) return [];
  return input
    .filter(({ type, encrypted_content: sealed }) => ownSeals[type] && !ownSeals[type].test(sealed ?? ''))
    .map((item) => `${item.type} ${item.id} came back with ${item.encrypted_content}`);
}

const says = (text) => async (turn) => {
  await turn.say(text);
  await turn.finish('stop');
};

export class ResponsesUpstream extends Upstream {
  constructor({ key } = {}) {
    super();
    this.key = key;
  }

  async answer(exchange) {
    const { req, res } = exchange;
    if (req.method === 'GET')
      return json(res, 200, {
        object: 'list',
        data: ['hello', ...this.fresh].map((id) => ({ id, object: 'model', owned_by: 'native' })),
      });
    exchange.violations.push(...checkHeaders(req.headers, this.key));
    if (req.url === '/v1/chat/completions' && exchange.model !== 'fault-401') return this.chat(exchange);
    if (req.url !== '/v1/responses' && req.url !== '/v1/chat/completions')
      exchange.violations.push(`unknown path ${req.url}`);
    else exchange.violations.push(...checkReplay(exchange.body));
    if (exchange.violations.length) return this.refuse(exchange);
    await play(exchange, wire, () => this.refuse(exchange), exchange.model === 'hello' ? says(nativeText) : undefined);
  }

  refuse(exchange) {
    const message = `STRICT: ${exchange.violations.join('; ')}`;
    const error = { message, type: 'invalid_request_error', param: null, code: 'invalid_prompt' };
    json(exchange.res, 400, { error });
  }

  // The provider's own chat door, in its plainest form.
  chat(exchange) {
    if (exchange.body.stream) {
      exchange.res.writeHead(200, { 'content-type': 'text/event-stream' });
      const base = { id: 'chatcmpl-n', object: 'chat.completion.chunk', created: 1, model: exchange.model };
      const chunk = (delta, finish_reason) =>
        `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
      return exchange.res.end(
        `${chunk({ role: 'assistant', content: nativeText }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`,
      );
    }
    json(exchange.res, 200, {
      id: 'chatcmpl-n',
      object: 'chat.completion',
      created: 1,
      model: exchange.model,
      choices: [{ index: 0, message: { role: 'assistant', content: nativeText }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
    });
  }
}
