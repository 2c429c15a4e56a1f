// A model server that knows only Chat Completions, is strict about it and speaks in one of five styles.
import { checkChat, checkHeaders } from './chat_check.mjs';
import { chatWire, styles } from './chat_styles.mjs';
import { play, scripts } from './scripts.mjs';
import { json, Upstream } from './upstream.mjs';

export class ChatUpstream extends Upstream {
  // `key`: the credential that the gateway must present; undefined: none may come.
  constructor({ style = 'openai', key } = {}) {
    super();
    this.style = style;
    this.wire = chatWire(style);
    this.key = key;
  }

  async answer(exchange) {
    const { req, res } = exchange;
    if (req.method === 'GET') return this.list(req, res);
    if (req.url !== '/v1/chat/completions') {
      exchange.violations.push(`${req.method} ${req.url}: this server knows only chat completions`);
      return json(res, 404, {
        error: { message: 'no such path', type: 'invalid_request_error', param: null, code: null },
      });
    }
    exchange.violations.push(
      ...checkChat(exchange.body, styles[this.style].replay),
      ...checkHeaders(req.headers, this.key),
    );
    if (exchange.violations.length) return this.refuse(exchange);
    await play(exchange, this.wire, () => this.refuse(exchange));
  }

  list(req, res) {
    if (req.url === '/api/version') return json(res, 200, { version: '0.12.0' });
    if (req.url !== '/v1/models') return json(res, 404, { error: 'not found' });
    const data = [...Object.keys(scripts), ...this.fresh].map((id) => ({
      id,
      object: 'model',
      created: 1_700_000_000,
      owned_by: this.style,
    }));
    json(res, 200, { object: 'list', data });
  }

  refuse(exchange) {
    const message = `STRICT: ${exchange.violations.join('; ')}`;
    json(exchange.res, 400, { error: { message, type: 'invalid_request_error', param: null, code: null } });
  }
}
