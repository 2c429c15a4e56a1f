// A model server on a free port that records every exchange and answers from scripts.
import http from 'node:http';
import { freePort, until } from './wait.mjs';

// One request and what became of it. `early` says that the other side closed before the answer's end.
export class Exchange {
  constructor(number, req, res) {
    Object.assign(this, { number, req, res, method: req.method, path: req.url, headers: req.headers });
    Object.assign(this, { raw: Buffer.alloc(0), body: undefined, violations: [], early: false, closedAt: undefined });
    this.closed = new Promise((resolve) => {
      res.on('close', () => {
        this.early = !res.writableFinished;
        this.closedAt = performance.now();
        resolve();
      });
    });
  }

  get model() {
    return this.body?.model;
  }

  // Bytes that left this process.
  get sent() {
    const { socket } = this.req;
    return socket.bytesWritten - socket.writableLength;
  }

  async read() {
    const parts = [];
    for await (const part of this.req) parts.push(part);
    this.raw = Buffer.concat(parts);
    try {
      this.body = JSON.parse(this.raw);
    } catch {
      this.violations.push('the body is no JSON');
    }
  }
}

// The part that all scripted servers share. A derived class has `answer(exchange)`.
export class Upstream {
  constructor() {
    this.exchanges = [];
    this.fresh = [];
    this.server = http.createServer((req, res) => this.serve(req, res));
    this.server.keepAliveTimeout = 60_000;
    this.server.requestTimeout = 0;
    this.server.on('clientError', (_, socket) => socket.destroy());
  }

  async start() {
    this.port = await freePort();
    await new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.port, '127.0.0.1', resolve);
    });
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  async serve(req, res) {
    const exchange = new Exchange(this.exchanges.length + 1, req, res);
    res.on('error', () => {});
    if (req.method === 'POST') this.exchanges.push(exchange);
    try {
      await exchange.read();
      await this.answer(exchange);
    } catch (error) {
      if (!res.destroyed && !exchange.closedAt) exchange.violations.push(`the script failed: ${error.stack}`);
      res.destroy();
    }
  }

  // A model that was not there before; a server lists it with the others.
  pull(name) {
    this.fresh.push(name);
  }

  // The recorded exchanges for one upstream model name, or all.
  of(model) {
    return this.exchanges.filter((exchange) => model === undefined || exchange.model === model);
  }

  // Ends the answers of the script `held`.
  letGo() {
    for (const exchange of this.exchanges) exchange.letGo = true;
  }

  // The newest exchange for a model, once it has arrived.
  arrived(model, count = 1) {
    return until(
      () => this.of(model).length >= count && this.of(model).at(-1),
      `a request for ${model} at the upstream`,
    );
  }

  get violations() {
    return this.exchanges.flatMap((exchange) =>
      exchange.violations.map((text) => `#${exchange.number} ${exchange.model}: ${text}`),
    );
  }
}

export function json(res, status, body, headers = {}) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers });
  res.end(bytes);
}
