// Requests that no decent client would send: each is refused in words, by the client's fault and cheaply.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import zlib from 'node:zlib';
import { get, post, responsesBody } from './lib/http.mjs';
import { postHead, RawConnection } from './lib/raw.mjs';
import { World } from './lib/setup.mjs';
import { shapes } from './lib/gateway.mjs';

const MiB = 1 << 20;
const limit = 64 * MiB;

// A zstd frame of our own making (RFC 8878): raw blocks for what matters, run-length blocks for a bomb.
function zstdFrame(blocks) {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68]); // no content size, a window of 8 MiB
  const block = ({ bytes, run }, last) => {
    const size = run ? run.length : bytes.length;
    const word = (size << 3) | ((run ? 1 : 0) << 1) | (last ? 1 : 0);
    const header = Buffer.from([word & 255, (word >> 8) & 255, (word >> 16) & 255]);
    return Buffer.concat([header, run ? Buffer.from([run.byte]) : bytes]);
  };
  return Buffer.concat([head, ...blocks.map((b, i) => block(b, i === blocks.length - 1))]);
}
const zstd = (text) => zstdFrame([{ bytes: Buffer.from(text) }]);
const zstdBomb = (bytes) =>
  zstdFrame(Array.from({ length: bytes / (128 << 10) }, () => ({ run: { length: 128 << 10, byte: 32 } })));

async function gzipBomb(bytes) {
  const gzip = zlib.createGzip();
  const parts = [];
  gzip.on('data', (part) => parts.push(part));
  const done = new Promise((resolve) => gzip.once('end', resolve));
  const blank = Buffer.alloc(MiB, 32);
  for (let sent = 0; sent < bytes; sent += MiB) {
    if (!gzip.write(blank)) await new Promise((resolve) => gzip.once('drain', resolve));
  }
  gzip.end();
  await done;
  return Buffer.concat(parts);
}

const doors = {
  '/v1/responses': responsesBody('plain'),
  '/v1/chat/completions': { model: 'plain', messages: [{ role: 'user', content: 'hi' }] },
  '/v1/messages': { model: 'plain', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] },
  '/v1/messages/count_tokens': { model: 'plain', messages: [{ role: 'user', content: 'hi' }] },
  '/v1/embeddings': { model: 'plain', input: 'hi' },
};

const rubbish = {
  'nothing at all': '',
  'a word': 'hello',
  'half an object': '{"model":"plain","input":[{"type":"mess',
  'an object and more': '{"model":"plain","input":"x","messages":[]} {}',
  'a list': '[1,2,3]',
  null: 'null',
  'a string': '"plain"',
  'single quotes': "{'model':'plain'}",
  'a NUL': '{"model":"pl\u0000ain","input":"x","messages":[]}',
  'bytes that are not UTF-8': Buffer.from([...Buffer.from('{"model":"'), 0xff, 0xfe, ...Buffer.from('"}')]),
  'a lone surrogate in the model': '{"model":"\\ud800","input":"x","messages":[]}',
  'a hundred thousand lists': `{"model":"plain","input":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  'a hundred thousand objects': `{"model":"plain","messages":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
  'an endless number': `{"model":"plain","max_output_tokens":${'9'.repeat(100_000)},"input":"x"}`,
};

const wrongTypes = [5, -1, 1e300, true, null, 'x', '', [], {}, [[]], [null], [{}], { type: 'x' }];
const fields = ['model', 'input', 'messages', 'stream', 'tools', 'tool_choice', 'max_output_tokens', 'max_tokens'];
const more = ['reasoning', 'text', 'stream_options', 'system', 'instructions', 'thinking', 'metadata', 'n', 'stop'];

// A refusal in the form of the door, with words in it.
function assertRefused(answer, path, statuses) {
  assert.ok(statuses.includes(answer.status), `${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
  const body = JSON.parse(answer.text);
  assert.ok(body.error.message.length > 5, answer.text);
  assert.equal(body.type, path.startsWith('/v1/messages') ? 'error' : undefined);
}

for (const shape of shapes) {
  describe(`bad input, ${shape}`, () => {
    let world;
    before(async () => {
      world = await World.start({ shape, models: { plain: 'openai/hello' } });
    });
    after(() => world?.stop());
    const resident = () => Object.values(world.gateway.programs).map((program) => program.resident);
    const send = (path, body, encoding) =>
      post(world.gateway, path, body, { headers: { 'content-type': 'application/json', 'content-encoding': encoding } });

    for (const path of Object.keys(doors)) {
      for (const [name, body] of Object.entries(rubbish)) {
        test(`${path}: ${name}`, async () => assertRefused(await post(world.gateway, path, body), path, [400, 404]));
      }

      test(`${path}: every field of every wrong type is no server's fault`, async () => {
        for (const field of [...fields, ...more]) {
          for (const value of wrongTypes) {
            const answer = await post(world.gateway, path, { ...doors[path], [field]: value });
            const told = `${field}: ${JSON.stringify(value)}`;
            assert.ok(answer.status < 500 || answer.status === 502, `${told} gave ${answer.status} ${answer.text}`);
            if (answer.status >= 400) assert.ok(JSON.parse(answer.text).error.message, told);
          }
        }
      });

      test(`${path}: a body of 65 MiB is refused and not kept`, async () => {
        const connection = await RawConnection.open(world.gateway.port);
        connection.send(`${postHead(path, world.gateway.key, `Content-Length: ${65 * MiB}`)}\r\n{"model":"plain"`);
        const [answer] = await connection.next();
        connection.close();
        assertRefused(answer, path, [413]);
        assert.match(answer.text, /64 MiB|67108864/);
      });
    }

    test('compressed bodies are understood', async () => {
      const body = JSON.stringify(responsesBody('plain'));
      const encodings = { gzip: zlib.gzipSync(body), deflate: zlib.deflateSync(body), zstd: zstd(body), identity: body };
      for (const [encoding, bytes] of Object.entries(encodings)) {
        const answer = await send('/v1/responses', bytes, encoding);
        assert.equal(answer.status, 200, `${encoding}: ${answer.text}`);
        assert.equal(answer.json.status, 'completed');
      }
    });

    test('bombs go off harmlessly', async () => {
      const before = Math.max(...resident());
      const bombs = { gzip: await gzipBomb(512 * MiB), zstd: zstdBomb(1024 * MiB) };
      for (const [encoding, bytes] of Object.entries(bombs)) {
        assert.ok(bytes.length < MiB, `the ${encoding} bomb is no bomb: ${bytes.length} bytes`);
        const answers = await Promise.all([1, 2, 3].map(() => send('/v1/responses', bytes, encoding)));
        for (const answer of answers) assertRefused(answer, '/v1/responses', [413]);
      }
      // Three at a time may hold a whole body each, and the allocator keeps some of it.
      assert.ok(Math.max(...resident()) < before + 5 * limit, `${before} grew to ${Math.max(...resident())}`);
    });

    test('compressed rubbish is refused', async () => {
      const body = JSON.stringify(responsesBody('plain'));
      const cases = {
        'gzip, cut': ['gzip', zlib.gzipSync(body).subarray(0, 40), [400]],
        'gzip, with a tail': ['gzip', Buffer.concat([zlib.gzipSync(body), Buffer.from('tail')]), [400]],
        'gzip, not gzip': ['gzip', body, [400]],
        'zstd, cut': ['zstd', zstd(body).subarray(0, 40), [400]],
        'zstd, not zstd': ['zstd', body, [400]],
        'zstd, a window of a terabyte': ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 1, 0, 0]), [400, 413]],
        brotli: ['br', zlib.brotliCompressSync(body), [415]],
        'an encoding nobody knows': ['rot13', body, [415]],
      };
      for (const [name, [encoding, bytes, statuses]] of Object.entries(cases)) {
        const answer = await send('/v1/responses', bytes, encoding);
        assertRefused(answer, '/v1/responses', statuses);
        if (answer.status === 415) assert.match(answer.text, /zstd/, name);
      }
    });

    test('a client that closes its half in the middle of a body is forgotten', async () => {
      const asked = world.upstreams.openai.exchanges.length;
      const connection = await RawConnection.open(world.gateway.port);
      connection.send(`${postHead('/v1/responses', world.gateway.key, 'Content-Length: 500')}\r\n{"model":"plain"`);
      connection.socket.end();
      await connection.untilClosed();
      assert.equal(world.upstreams.openai.exchanges.length, asked, 'half a request went to the model');
    });

    test('afterwards everything is well', async () => {
      assert.equal((await get(world.gateway, '/v1/models')).status, 200);
      assert.equal((await post(world.gateway, '/v1/responses', responsesBody('plain'))).status, 200);
      for (const program of Object.values(world.gateway.programs)) assert.ok(program.running, program.name);
    });
  });
}
