// A plain HTTP client on a connection of its own for each request, and a reader of server-sent events.
import assert from 'node:assert/strict';
import http from 'node:http';
import { StringDecoder } from 'node:string_decoder';

const encode = (body) =>
  body === undefined || Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body);

// Starts a request; resolves when the head of the answer is there. The answer is node's IncomingMessage.
export function open(port, { method = 'GET', path = '/', headers = {}, body, key, agent } = {}) {
  const bytes = encode(body);
  const all = { ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers };
  if (bytes !== undefined) all['content-length'] ??= Buffer.byteLength(bytes);
  if (bytes !== undefined && !all['content-type']) all['content-type'] = 'application/json';
  const request = http.request({ host: '127.0.0.1', port, method, path, headers: all, agent: agent ?? false });
  const response = new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
  response.catch(() => {});
  request.end(bytes);
  return { request, response };
}

export async function readAll(response) {
  const parts = [];
  for await (const part of response) parts.push(part);
  return Buffer.concat(parts);
}

// A whole exchange: {status, headers, bytes, text, json}.
export async function fetchAll(port, options) {
  const response = await open(port, options).response;
  const bytes = await readAll(response);
  const text = bytes.toString('utf8');
  return {
    status: response.statusCode,
    headers: response.headers,
    bytes,
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}

export const post = (gateway, path, body, options = {}) =>
  fetchAll(gateway.port, { method: 'POST', path, body, key: gateway.key, ...options });
export const get = (gateway, path, options = {}) => fetchAll(gateway.port, { path, key: gateway.key, ...options });

function parseEvent(block) {
  const event = { event: undefined, data: [], comment: false };
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith(':')) event.comment = true;
    else if (line.startsWith('event:')) event.event = line.slice(6).trim();
    else if (line.startsWith('data:')) event.data.push(line.slice(5).replace(/^ /, ''));
  }
  const text = event.data.join('\n');
  return {
    event: event.event,
    text,
    comment: event.comment && text === '',
    data: text && text !== '[DONE]' ? JSON.parse(text) : undefined,
    at: performance.now(),
  };
}

// The events of a stream as they arrive. Half an event at the end is an error, like a broken connection.
export async function* readSse(response) {
  const decoder = new StringDecoder('utf8');
  let buffer = '';
  for await (const bytes of response) {
    buffer += decoder.write(bytes);
    for (let cut; (cut = /\r?\n\r?\n/.exec(buffer)); buffer = buffer.slice(cut.index + cut[0].length)) {
      yield parseEvent(buffer.slice(0, cut.index));
    }
  }
  assert.equal(buffer, '', 'the stream ended within an event');
}

// All events of a stream: {status, headers, events, broken}. `broken` holds the error of a connection that
// ended otherwise than HTTP says.
export async function collect(response) {
  const events = [];
  try {
    for await (const event of readSse(response)) events.push(event);
    return { status: response.statusCode, headers: response.headers, events, broken: undefined };
  } catch (broken) {
    return { status: response.statusCode, headers: response.headers, events, broken };
  }
}

export async function stream(gateway, path, body, options = {}) {
  const response = await open(gateway.port, {
    method: 'POST',
    path,
    body: { stream: true, ...body },
    key: gateway.key,
    ...options,
  }).response;
  assert.equal(
    response.statusCode,
    200,
    `status ${response.statusCode}: ${response.statusCode === 200 ? '' : await readAll(response)}`,
  );
  assert.match(response.headers['content-type'], /^text\/event-stream/);
  const result = await collect(response);
  if (result.broken) throw result.broken;
  return result;
}

export const userMessage = (text) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
export const responsesBody = (model, more = {}) => ({
  model,
  input: [userMessage('Say hello')],
  store: false,
  ...more,
});
export const chatBody = (model, more = {}) => ({ model, messages: [{ role: 'user', content: 'Say hello' }], ...more });

// An error that belongs to a request: with OpenAI's body and the request's id.
export function assertError(answer, status, code) {
  const error = assertErrorBody(answer, status, code);
  assert.ok(answer.headers['x-request-id'], 'no x-request-id');
  return error;
}

// OpenAI's error body, complete; all there is when nothing was understood as a request.
export function assertErrorBody(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
  const { error } = JSON.parse(answer.text);
  assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type']);
  assert.ok(typeof error.message === 'string' && error.message.length > 0, 'no message');
  assert.ok(typeof error.type === 'string' && error.type.length > 0, 'no type');
  assert.ok(error.code === null || typeof error.code === 'string', `code ${error.code}`);
  if (code !== undefined) assert.equal(error.code, code);
  return error;
}
