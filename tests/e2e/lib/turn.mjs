// One answer of a scripted model: a script says *what* the model does, a wire says *how* a server puts it.
//
// A wire is an object with
//   seen(body)                 what the model can see of a request, in neutral words (see `Seen`)
//   phrase(exchange)           {open, think, text, calls, close, error, piece}: each gives texts of the stream
//   document(exchange, answer) the same answer as one JSON document; answer = {thinking, text, calls, finish}
//   refusal(kind, exchange)    {status, headers, body} for a kind of error, in this server's own words
//   contentType                of a stream
//
// Calls are {id, name, namespace?, arguments} or, for tools that take raw text, {id, name, input}.
// Reasons to finish are `stop`, `calls`, `length` and `content_filter`; each wire has its own words for them.
import { json } from './upstream.mjs';
import { sleep } from './wait.mjs';

// What the model sees: {system, users, said, answers, images, tools, schema, replayed}
//   answers  what tools returned, in order: [{text, images}]
//   tools    [{name, namespace?}]; where namespaces do not exist the name is `<namespace>__<name>`
//   schema   of the structured output that was asked for
//   replayed reasoning of earlier answers, as text
export class Seen {
  constructor(fields) {
    Object.assign(this, { system: '', users: [], said: [], answers: [], images: 0, tools: [], replayed: [] }, fields);
  }

  declares(name, namespace) {
    return this.tools.some(
      (tool) =>
        (tool.name === name && tool.namespace === namespace) ||
        (namespace && tool.namespace === undefined && tool.name === `${namespace}__${name}`),
    );
  }

  // The newest text of the user.
  get asked() {
    return this.users.at(-1) ?? '';
  }

  userSaid(pattern) {
    return this.users.some((text) => pattern.test(text));
  }
}

export class Turn {
  constructor(exchange, wire) {
    Object.assign(this, { exchange, wire, body: exchange.body, res: exchange.res, closed: exchange.closed });
    this.seen = wire.seen(exchange.body);
  }

  get open() {
    return this.exchange.closedAt === undefined && !this.res.destroyed;
  }

  expect(condition, problem) {
    if (!condition) this.exchange.violations.push(`not so: ${problem}`);
  }

  // The tokens that the answer will say it took; a wire reports its own figures otherwise.
  spent(tokens) {
    this.exchange.tokens = tokens;
  }

  reply(status, headers, body) {
    this.res.writeHead(status, headers);
    this.res.end(body);
  }

  refuse(kind) {
    const { status, headers, body } = this.wire.refusal(kind, this.exchange);
    this.reply(status, { 'content-type': 'application/json', ...headers }, body);
  }

  destroy() {
    if (this.res.headersSent) return this.res.destroy();
    this.exchange.req.socket.resetAndDestroy();
  }

  end() {
    this.res.end();
  }
}

export class StreamTurn extends Turn {
  constructor(exchange, wire) {
    super(exchange, wire);
    this.phrase = wire.phrase(exchange);
  }

  head() {
    if (this.res.headersSent) return;
    this.res.writeHead(200, { 'content-type': this.wire.contentType, ...this.wire.headers });
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

  // `phrase` makes texts of the stream; a wire counts its events, so the opening ones are made before.
  async events(phrase) {
    this.head();
    for (const event of phrase()) {
      this.write(event);
      await sleep(1);
    }
  }

  think(text) {
    return this.events(() => this.phrase.think(text));
  }

  say(text) {
    return this.events(() => this.phrase.text(text));
  }

  // A single piece of text, as one event.
  piece(text) {
    this.head();
    return this.phrase.piece(text);
  }

  async call(calls, finish = 'calls') {
    await this.events(() => this.phrase.calls(calls));
    await this.finish(finish);
  }

  async finish(reason) {
    await this.events(() => this.phrase.close(reason));
    this.res.end();
  }

  // An item that holds a whole conversation; only where a server has such items.
  compaction(sealed) {
    return this.events(() => this.phrase.compaction(sealed));
  }

  // An error after the headers, the way this server reports it, and the end.
  fail(message) {
    this.head();
    this.write(this.phrase.error(message));
    this.res.end();
  }
}

// The same scripts when the request asked for no stream: all is collected, then sent as one document.
export class DocumentTurn extends Turn {
  thinking = '';
  text = '';
  calls = [];

  head() {}

  write(text) {
    this.text += text;
  }

  async writeAndDrain(text) {
    this.text += text;
  }

  async think(text) {
    this.thinking += text;
  }

  async say(text) {
    this.text += text;
  }

  piece(text) {
    return text;
  }

  async call(calls, finish = 'calls') {
    this.calls = calls;
    await this.finish(finish);
  }

  async finish(finish) {
    const { thinking, text, calls } = this;
    json(this.res, 200, this.wire.document(this.exchange, { thinking, text, calls, finish }));
  }

  fail() {
    this.refuse('server');
  }
}

// The name of a call where there are no namespaces, and its arguments where there are no raw texts.
export const flatName = (call) => (call.namespace ? `${call.namespace}__${call.name}` : call.name);
export const flatArguments = (call) => (call.input === undefined ? call.arguments : { input: call.input });
// A script may give arguments as text, when they are to be broken.
export const argumentsText = (call) => {
  const value = flatArguments(call);
  return typeof value === 'string' ? value : JSON.stringify(value);
};

export const pieces = (text, size) => text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? [];
