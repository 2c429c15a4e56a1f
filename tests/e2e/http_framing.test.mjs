// Requests whose end two parsers could see in different places are refused, and the connection with them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { shapes } from './lib/gateway.mjs';
import { assertErrorBody, chatBody } from './lib/http.mjs';
import { exchangeRaw, headOf, postHead, RawConnection } from './lib/raw.mjs';
import { World } from './lib/setup.mjs';

const body = JSON.stringify(chatBody('plain'));
const chunkedBody = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

// `head` is what stands between Host and the empty line. After each comes a second request that a
// confused server would answer as well.
const post = (head, content = body) => ({ head: `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n${head}`, content });
const length = `Content-Length: ${body.length}\r\n`;
const chunked = 'Transfer-Encoding: chunked\r\n';
const cases = {
  'Content-Length and Transfer-Encoding': post(length + chunked, chunkedBody),
  'Transfer-Encoding and Content-Length': post(chunked + length, chunkedBody),
  'two different Content-Lengths': post(`${length}Content-Length: 3\r\n`),
  'two equal Content-Lengths': post(length + length),
  'a list of Content-Lengths': post(`Content-Length: ${body.length}, ${body.length}\r\n`),
  'Content-Length with a sign': post(`Content-Length: +${body.length}\r\n`),
  'a negative Content-Length': post('Content-Length: -1\r\n'),
  'a hexadecimal Content-Length': post('Content-Length: 0x10\r\n'),
  'an empty Content-Length': post('Content-Length: \r\n'),
  'a Content-Length beyond 64 bits': post('Content-Length: 18446744073709551617\r\n'),
  'Transfer-Encoding: gzip': post('Transfer-Encoding: gzip\r\n'),
  'Transfer-Encoding: gzip, chunked': post('Transfer-Encoding: gzip, chunked\r\n', chunkedBody),
  'Transfer-Encoding: chunked, identity': post('Transfer-Encoding: chunked, identity\r\n', chunkedBody),
  'chunked twice': post('Transfer-Encoding: chunked, chunked\r\n', chunkedBody),
  'two Transfer-Encodings': post(chunked + chunked, chunkedBody),
  'Transfer-Encoding: xchunked': post('Transfer-Encoding: xchunked\r\n', chunkedBody),
  'Transfer-Encoding with a vertical tab': post('Transfer-Encoding: \x0bchunked\r\n', chunkedBody),
  'a space before the colon': post(`Content-Length : ${body.length}\r\n`),
  'a folded header': post(`X-Folded: one\r\n two\r\n${length}`),
  'a header without a colon': post(`nonsense\r\n${length}`),
  'a header without a name': post(`: value\r\n${length}`),
  'a NUL in a header': post(`X-Bad: a\0b\r\n${length}`),
  'a bare CR in a header': post(`X-Bad: a\rb\r\n${length}`),
  'bare LF between headers': {
    head: `POST /v1/chat/completions HTTP/1.1\nHost: x\n${length.replace('\r\n', '\n')}`,
    content: body,
  },
  'chunked in HTTP/1.0': { head: `POST /v1/chat/completions HTTP/1.0\r\nHost: x\r\n${chunked}`, content: chunkedBody },
  'no Host': { head: `POST /v1/chat/completions HTTP/1.1\r\n${length}`, content: body },
  'two Hosts': post(`Host: y\r\n${length}`),
  'a chunk size that is no number': post(chunked, 'zz\r\nabc\r\n0\r\n\r\n'),
  'a chunk size beyond 64 bits': post(chunked, '10000000000000001\r\nabc\r\n0\r\n\r\n'),
  'a negative chunk size': post(chunked, '-1\r\nabc\r\n0\r\n\r\n'),
  'a chunk longer than its size': post(chunked, '2\r\nabc\r\n0\r\n\r\n'),
  'a method that is no token': { head: `PO ST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n${length}`, content: body },
  'an unknown version': { head: `POST /v1/chat/completions HTTP/3.7\r\nHost: x\r\n${length}`, content: body },
};

for (const shape of shapes) {
  describe(`framing, ${shape}`, () => {
    let world;
    before(async () => (world = await World.start({ shape, models: { plain: 'openai/hello' } })));
    after(() => world?.stop());

    for (const [name, { head, content }] of Object.entries(cases)) {
      test(`refuses ${name}`, async () => {
        const key = `Authorization: Bearer ${world.gateway.key}\r\n`;
        const smuggled = `GET /v1/models HTTP/1.1\r\nHost: x\r\n${key}\r\n`;
        const lines = name.startsWith('bare LF') ? `${key.replace('\r', '')}\n` : `${key}\r\n`;
        const before = world.upstreams.openai.exchanges.length;

        const answers = await exchangeRaw(world.gateway.port, head + lines + content + smuggled);

        assert.ok(answers.length <= 1, `answered ${answers.length} times: ${answers.map((answer) => answer.status)}`);
        assert.ok(
          answers.every((answer) => [400, 411, 501, 505].includes(answer.status)),
          `answered ${answers[0]?.status} ${answers[0]?.text}`,
        );
        assert.equal(world.upstreams.openai.exchanges.length, before, 'the request reached the upstream');
        if (!answers[0]) return;
        assert.equal(answers[0].headers.connection?.toLowerCase(), 'close');
        assertErrorBody(answers[0], answers[0].status);
      });
    }

    test('accepts what is unambiguous: a chunked body with an extension and a trailer', async () => {
      const connection = await RawConnection.open(world.gateway.port);
      const content = `${body.length.toString(16)};name=value\r\n${body}\r\n0\r\nX-Trailer: t\r\n\r\n`;
      connection.send(`${postHead('/v1/chat/completions', world.gateway.key)}${chunked}\r\n${content}`);
      const [answer] = await connection.next();
      connection.close();

      assert.equal(answer.status, 200, answer.text);
    });

    test('accepts a request byte by byte', async () => {
      const connection = await RawConnection.open(world.gateway.port);
      for (const byte of `${headOf('GET', '/v1/models/plain', world.gateway.key)}\r\n`) {
        connection.send(byte);
        await new Promise(setImmediate);
      }
      const [answer] = await connection.next();
      connection.close();

      assert.equal(answer.status, 200, answer.text);
    });

    test('answers HTTP/1.0 and closes', async () => {
      const [answer] = await exchangeRaw(
        world.gateway.port,
        `GET /v1/models/plain HTTP/1.0\r\nAuthorization: Bearer ${world.gateway.key}\r\n\r\n`,
      );
      assert.equal(answer.status, 200, answer.text);
    });

    test('answers Expect: 100-continue', async () => {
      const connection = await RawConnection.open(world.gateway.port);
      connection.send(`${postHead('/v1/chat/completions', world.gateway.key, 'Expect: 100-continue')}${length}\r\n`);
      const [interim] = await connection.next();
      assert.equal(interim.status, 100);

      connection.send(body);
      assert.equal((await connection.next(2))[1].status, 200);
      connection.close();
    });

    for (const [name, head] of [
      ['one long header', `X-Long: ${'x'.repeat(300_000)}\r\n`],
      ['many headers', Array.from({ length: 20_000 }, (_, n) => `X-${n}: value\r\n`).join('')],
      ['a long target', ''],
    ]) {
      test(`refuses ${name} with 431 or 414`, async () => {
        const target = head ? '/v1/models' : `/v1/models?${'x'.repeat(300_000)}`;
        const answers = await exchangeRaw(world.gateway.port, `GET ${target} HTTP/1.1\r\nHost: x\r\n${head}\r\n`);

        assert.ok([431, 414].includes(answers[0]?.status), `answered ${answers[0]?.status}`);
        assertErrorBody(answers[0], answers[0].status);
      });
    }
  });
}
