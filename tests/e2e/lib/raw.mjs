// A TCP connection that sends exactly the bytes it is given, and understands enough of HTTP/1.1 to tell
// how many answers came back. For what no decent client would send.
import net from 'node:net';
import { patience, until, within } from './wait.mjs';

// The text of a request's head up to, and without, the empty line.
export const headOf = (method, target, key, ...headers) =>
  [`${method} ${target} HTTP/1.1`, 'Host: x', ...(key ? [`Authorization: Bearer ${key}`] : []), ...headers, ''].join(
    '\r\n',
  );

const asJson = 'Content-Type: application/json';
export const postHead = (target, key, ...headers) => headOf('POST', target, key, asJson, ...headers);

// One answer from the front of `bytes`, or undefined while it is not whole. Rest: what follows it.
export function takeAnswer(bytes, closed) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = takeBody(headers, bytes.subarray(end + 4), closed);
  if (!body) return undefined;
  return {
    status: Number(first.split(' ')[1]),
    version: first.split(' ')[0],
    headers,
    text: body.bytes.toString('utf8'),
    rest: body.rest,
  };
}

function takeBody(headers, bytes, closed) {
  if (/chunked/i.test(headers['transfer-encoding'] ?? '')) return takeChunks(bytes);
  const length = headers['content-length'];
  if (length === undefined) return closed ? { bytes, rest: Buffer.alloc(0) } : { bytes: Buffer.alloc(0), rest: bytes };
  if (bytes.length < Number(length)) return undefined;
  return { bytes: bytes.subarray(0, Number(length)), rest: bytes.subarray(Number(length)) };
}

function takeChunks(bytes) {
  const parts = [];
  for (let at = 0; ;) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = parseInt(bytes.subarray(at, line).toString('latin1'), 16);
    if (bytes.length < line + 2 + size + 2) return undefined;
    if (size === 0) return { bytes: Buffer.concat(parts), rest: bytes.subarray(line + 4) };
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

export class RawConnection {
  constructor(socket) {
    this.socket = socket;
    this.bytes = Buffer.alloc(0);
    this.ended = false;
    socket.on('data', (part) => (this.bytes = Buffer.concat([this.bytes, part])));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      const end = () => {
        this.ended = true;
        resolve();
      };
      socket.once('end', end);
      socket.once('close', end);
    });
  }

  static async open(port) {
    const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: false });
    await within(
      new Promise((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('error', reject);
      }),
      patience,
      'connecting',
    );
    socket.setNoDelay(true);
    return new RawConnection(socket);
  }

  send(bytes) {
    this.socket.write(bytes);
  }

  // Whole answers received so far.
  get answers() {
    const list = [];
    for (let rest = this.bytes, answer; (answer = takeAnswer(rest, this.ended)); rest = answer.rest) list.push(answer);
    return list;
  }

  async next(count = 1, ms = patience) {
    return until(() => this.answers.length >= count && this.answers, `${count} answers`, ms);
  }

  untilClosed(ms = patience) {
    return within(this.closed, ms, 'the closing of the connection');
  }

  close() {
    this.socket.destroy();
  }
}

// Sends the bytes and waits for the other side to close.
export async function exchangeRaw(port, bytes, ms = patience) {
  const connection = await RawConnection.open(port);
  try {
    connection.send(bytes);
    await connection.untilClosed(ms);
    return connection.answers;
  } finally {
    connection.close();
  }
}
