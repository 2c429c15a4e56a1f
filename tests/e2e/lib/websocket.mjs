// A WebSocket client that can send every frame, right or wrong, and the questions of the Responses API over one.
import net from 'node:net';
import { takeAnswer } from './raw.mjs';
import { patience, until, within } from './wait.mjs';

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

// `first`: the whole first byte, if it is to be a strange one.
export function frame(op, payload = '', { final = true, masked = true, first } = {}) {
  const bytes = Buffer.from(payload);
  const head = [first ?? ((final ? 0x80 : 0) | op)];
  if (bytes.length < 126) head.push(bytes.length);
  else if (bytes.length < 65_536) head.push(126, bytes.length >> 8, bytes.length & 255);
  else head.push(127, ...Buffer.from(BigInt(bytes.length).toString(16).padStart(16, '0'), 'hex'));
  if (!masked) return Buffer.concat([Buffer.from(head), bytes]);
  head[1] |= 0x80;
  const mask = [0x1f, 0x2e, 0x3d, 0x4c];
  return Buffer.concat([Buffer.from(head), Buffer.from(mask), bytes.map((byte, n) => byte ^ mask[n % 4])]);
}

export const closeFrame = (code, reason = '') =>
  frame(opcode.close, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));

// One frame from the front of `bytes`, or undefined while it is not whole.
function takeFrame(bytes) {
  if (bytes.length < 2) return undefined;
  let [start, length] = [2, bytes[1]];
  if (length === 126) [start, length] = [4, bytes.length < 4 ? Infinity : bytes.readUInt16BE(2)];
  else if (length === 127) [start, length] = [10, bytes.length < 10 ? Infinity : Number(bytes.readBigUInt64BE(2))];
  if (bytes.length < start + length) return undefined;
  const payload = bytes.subarray(start, start + length);
  return { op: bytes[0] & 15, final: bytes[0] >= 128, payload, rest: bytes.subarray(start + length) };
}

export const upgradeHead = (path, headers = {}) =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');

export class WebSocketClient {
  // Resolves when the answer to the handshake is there; `answer.status` is 101 if all is well.
  static async open(port, { key, headers = {}, path = '/v1/responses', ms = patience } = {}) {
    const client = new WebSocketClient();
    Object.assign(client, { bytes: Buffer.alloc(0), messages: [], frames: [], parts: [], closed: undefined });
    client.socket = net.connect({ host: '127.0.0.1', port });
    client.socket.setNoDelay(true);
    client.socket.on('error', () => {});
    client.ended = new Promise((resolve) => client.socket.once('close', resolve));
    client.socket.on('data', (part) => client.take(part));
    client.send(upgradeHead(path, { ...(key ? { Authorization: `Bearer ${key}` } : {}), ...headers }));
    await until(() => client.answer, 'the answer to the handshake', ms).finally(() => client.answer ?? client.destroy());
    return client;
  }

  take(part) {
    this.bytes = Buffer.concat([this.bytes, part]);
    if (!this.answer) {
      this.answer = takeAnswer(this.bytes, false);
      if (!this.answer) return;
      this.bytes = this.answer.rest;
    }
    for (let got; (got = takeFrame(this.bytes)); this.bytes = got.rest) this.receive(got);
  }

  receive({ op, final, payload }) {
    this.frames.push({ op, length: payload.length });
    if (op === opcode.ping && this.answersPings !== false) this.send(frame(opcode.pong, payload));
    if (op === opcode.close) this.closed = { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
    if (op > 2) return;
    this.parts.push(Buffer.from(payload));
    if (!final) return;
    this.messages.push({ ...JSON.parse(Buffer.concat(this.parts)), at: performance.now() });
    this.parts = [];
  }

  send(bytes) {
    this.socket.write(bytes);
  }

  ask(event) {
    this.send(frame(opcode.text, JSON.stringify({ type: 'response.create', ...event })));
  }

  // The messages that answer the next question, up to and with the one that ends it.
  async reply(ms = patience) {
    const ends = ({ type }) => /^(error|response\.(completed|failed|incomplete))$/.test(type);
    await until(() => this.messages.some(ends) || this.closed || this.socket.destroyed, 'the end of an answer', ms);
    const end = this.messages.findIndex(ends);
    if (end < 0) throw new Error(`closed within an answer: ${JSON.stringify(this.closed)}`);
    return this.messages.splice(0, end + 1);
  }

  async turn(event, ms) {
    this.ask(event);
    return this.reply(ms);
  }

  // How the server closed.
  async closing(ms = patience) {
    return until(() => this.closed, 'the close frame', ms);
  }

  // Answers a close frame, as a client should, and waits for the end of the connection.
  async end(ms = patience) {
    this.send(closeFrame(this.closed?.code ?? 1000));
    await within(this.ended, ms, 'the end of the connection');
  }

  destroy() {
    this.socket.destroy();
  }
}
