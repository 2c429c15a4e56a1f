// A model server that knows only Chat Completions, is strict about it and speaks in one of five styles.
import { checkChat, checkHeaders } from './chat_check.mjs';
import { scriptOf, scripts } from './chat_scripts.mjs';
import { document, Phrase, styles } from './chat_styles.mjs';
import { json, Upstream } from './upstream.mjs';
import { sleep } from './wait.mjs';

// What a script can do in one exchange.
class Turn {
  constructor(exchange, style) {
    this.exchange = exchange;
    this.body = exchange.body;
    this.style = style;
    this.phrase = new Phrase(style, exchange.model, exchange.number);
    this.res = exchange.res;
    this.closed = exchange.closed;
    this.authorization = exchange.headers.authorization;
  }

  get open() {
    return this.exchange.closedAt === undefined && !this.res.destroyed;
  }

  expect(condition, problem) {
    if (!condition) this.exchange.violations.push(`not so: ${problem}`);
  }

  reply(status, headers, body) {
    this.res.writeHead(status, headers);
    this.res.end(body);
  }

  destroy() {
    if (this.res.headersSent) return this.res.destroy();
    this.exchange.req.socket.resetAndDestroy();
  }

  end() {
    this.res.end();
  }
}

class StreamTurn extends Turn {
  head() {
    if (this.res.headersSent) return;
    this.res.writeHead(200, { 'content-type': 'text/event-stream', 'openai-model': 'another-model' });
    this.res.flushHeaders();
    this.write(this.phrase.open().join(''));
  }

  write(text) {
    this.head();
    if (text) this.res.write(text);
  }

  async writeAndDrain(text) {
    this.head();
    if (!this.res.write(text))
      await Promise.race([this.closed, new Promise((resolve) => this.res.once('drain', resolve))]);
  }

  async events(list) {
    for (const event of list) {
      this.write(event);
      await sleep(1);
    }
  }

  think(text) {
    return this.events(this.phrase.think(text));
  }

  say(text) {
    return this.events(this.phrase.text(text));
  }

  async call(calls, finish = styles[this.style].finishOfCalls) {
    await this.events(this.phrase.calls(calls));
    await this.finish(finish);
  }

  async finish(reason) {
    await this.events(this.phrase.close(reason));
    this.res.end();
  }
}

// The same scripts when the request asked for no stream: all is collected, then sent as one document.
class DocumentTurn extends Turn {
  text = '';
  calls = [];

  head() {}
  write() {}
  async think() {}
  async writeAndDrain() {}

  async say(text) {
    this.text += text;
  }

  async call(calls, finish = styles[this.style].finishOfCalls) {
    this.calls = calls;
    await this.finish(finish);
  }

  async finish(reason) {
    const { text, calls } = this;
    json(
      this.res,
      200,
      document(this.style, this.exchange.model, this.exchange.number, { text, calls, finish: reason }),
    );
  }
}

export class ChatUpstream extends Upstream {
  // `key`: the credential that the gateway must present; undefined: none may come.
  constructor({ style = 'openai', key } = {}) {
    super();
    this.style = style;
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
    await this.play(exchange);
  }

  list(req, res) {
    if (req.url === '/api/version') return json(res, 200, { version: '0.12.0' });
    if (req.url !== '/v1/models') return json(res, 404, { error: 'not found' });
    const data = Object.keys(scripts).map((id) => ({
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

  async play(exchange) {
    const script = scriptOf(exchange.model);
    if (!script) {
      exchange.violations.push(`there is no script ${exchange.model}`);
      return this.refuse(exchange);
    }
    await script(exchange.body.stream ? new StreamTurn(exchange, this.style) : new DocumentTurn(exchange, this.style));
  }
}
