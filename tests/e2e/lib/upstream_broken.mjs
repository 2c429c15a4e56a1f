// A model server that answers as no server should: by bytes, as the requested model's name says. It reads each request
// whole and understands nothing else of it.
import net from 'node:net';
import { freePort, sleep } from './wait.mjs';

const head = (type, ...more) => ['HTTP/1.1 200 OK', `Content-Type: ${type}`, ...more, '', ''].join('\r\n');
const events = head('text/event-stream', 'Transfer-Encoding: chunked');
const document = head('application/json', 'Content-Length: 1000');
const page = '<!DOCTYPE html><html><body><h1>Welcome to the intranet</h1></body></html>';
const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

async function trickle(socket, text, pause) {
  for (const byte of text) {
    if (socket.destroyed) return;
    socket.write(byte);
    await sleep(pause);
  }
}

// Writes as fast as the other side reads, until it has had enough.
async function flood(socket, start, piece, most) {
  socket.write(start);
  for (let sent = 0; sent < most && !socket.destroyed; sent += piece.length) {
    if (!socket.write(piece))
      await new Promise((resolve) => ['drain', 'close'].forEach((e) => socket.once(e, resolve)));
  }
  socket.end();
}

const megabyte = 'x'.repeat(1 << 20);
const floodBytes = 96 << 20; // three times what an event may hold

export const misdeeds = {
  html: (socket) => socket.end(`${head('text/html', `Content-Length: ${page.length}`)}${page}`),
  html_as_events: (socket) => socket.end(events + chunk(page) + chunk('')),
  slow_head: (socket) => trickle(socket, events, 1_000),
  slow_body: (socket) => {
    socket.write(events);
    return trickle(socket, chunk(`data: ${'{'.repeat(60)}`), 1_000);
  },
  nothing: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
  silence: () => {},
  silence_after_head: (socket) => socket.write(events),
  empty_events: (socket) => socket.end(events + '0\r\n\r\n'),
  empty_document: (socket) => socket.end(head('application/json', 'Content-Length: 0')),
  too_short: (socket) => socket.end(`${document}{"error":`),
  bad_chunk_size: (socket) => socket.end(`${events}zz\r\nhello\r\n`),
  huge_chunk_size: (socket) => socket.end(`${events}ffffffffffffffffff\r\nhello\r\n`),
  two_lengths: (socket) => socket.end(head('application/json', 'Content-Length: 2', 'Content-Length: 3') + '{}'),
  not_http: (socket) => socket.end('SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n'),
  binary: (socket) => socket.end(events + chunk('\u0000\u0001\ufffd'.repeat(500)) + '0\r\n\r\n'),
  huge_head: (socket) => flood(socket, 'HTTP/1.1 200 OK\r\nX-Filler: ', megabyte, 8 << 20),
  endless_line: (socket) => flood(socket, `${head('text/event-stream')}data: `, megabyte, floodBytes),
  endless_document: (socket) => flood(socket, `${head('application/json')}{"text":"`, megabyte, floodBytes),
  error_document: (socket) => {
    const body = '{"error":{"message":"the engine is on fire","type":"server_error","code":500}}';
    socket.end(head('application/json', `Content-Length: ${body.length}`) + body);
  },
  error_event: (socket) =>
    socket.end(`${events}${chunk('data: {"error":{"message":"the engine is on fire","code":500}}\n\n')}0\r\n\r\n`),
  deep_json: (socket) => socket.end(`${events}${chunk(`data: ${'['.repeat(100_000)}\n\n`)}0\r\n\r\n`),
};

export class BrokenUpstream {
  async start() {
    this.port = await freePort();
    this.sockets = new Set();
    this.server = net.createServer((socket) => this.serve(socket));
    await new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  serve(socket) {
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
    let bytes = Buffer.alloc(0);
    socket.on('data', (part) => {
      bytes = Buffer.concat([bytes, part]);
      const name = this.wholeRequest(bytes.toString('latin1'));
      if (name === undefined) return;
      bytes = Buffer.alloc(0);
      misdeeds[name]?.(socket);
    });
  }

  // The misdeed that a whole request asks for; lists of models and the like are refused.
  wholeRequest(text) {
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (text.length < end + 4 + length) return undefined;
    return text.startsWith('POST') ? (/"model": ?"([a-z_]+)"/.exec(text)?.[1] ?? 'nothing') : 'nothing';
  }

  stop() {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(resolve));
  }
}
