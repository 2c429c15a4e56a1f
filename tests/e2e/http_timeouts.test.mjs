// Clients that are slow, silent or too many.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertErrorBody } from './lib/http.mjs';
import { exchangeRaw, postHead, RawConnection } from './lib/raw.mjs';
import { World } from './lib/setup.mjs';
import { sleep, until } from './lib/wait.mjs';

describe('slow clients', () => {
  let world;
  before(async () => {
    const gateway = { timeouts: { header: '400ms', body: '400ms', idle: '600ms' } };
    world = await World.start({ models: { plain: 'openai/hello' }, sections: { gateway } });
  });
  after(() => world?.stop());
  const head = (more = '') => postHead('/v1/responses', world.gateway.key) + more;

  test('half a head is answered with 408', async () => {
    const [answer] = await exchangeRaw(world.gateway.port, head());
    assertErrorBody(answer, 408);
  });

  test('a head that trickles in does not win time', async () => {
    const connection = await RawConnection.open(world.gateway.port);
    const parts = [...head(`X-Slow: ${'x'.repeat(200)}`)]; // six seconds long
    let sent = 0;
    for (; sent < parts.length && !connection.ended; sent++) {
      connection.send(parts[sent]);
      await sleep(20);
    }
    await connection.untilClosed();

    assert.ok(sent < parts.length, 'the connection lived on');
    assert.equal(connection.answers[0]?.status, 408);
  });

  test('half a body is answered with 408', async () => {
    const [answer] = await exchangeRaw(world.gateway.port, `${head('Content-Length: 100')}\r\n\r\n{"model"`);
    assertErrorBody(answer, 408);
  });

  test('half a chunk is answered with 408', async () => {
    const [answer] = await exchangeRaw(
      world.gateway.port,
      `${head('Transfer-Encoding: chunked')}\r\n\r\n64\r\n{"model"`,
    );
    assertErrorBody(answer, 408);
  });

  test('a connection that says nothing is closed without a word', async () => {
    const connection = await RawConnection.open(world.gateway.port);
    await connection.untilClosed();
    assert.equal(connection.bytes.length, 0);
  });

  test('a kept connection is closed when it stays idle', async () => {
    const answers = await exchangeRaw(
      world.gateway.port,
      `GET /v1/models/plain HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.gateway.key}\r\n\r\n`,
    );
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [200],
    );
  });
});

describe('too many clients', () => {
  let world;
  before(
    async () =>
      (world = await World.start({
        models: { plain: 'openai/hello' },
        sections: { gateway: { limits: { connections: 8 } } },
      })),
  );
  after(() => world?.stop());

  test('the ones above the cap are turned away, and there is room again when others leave', async () => {
    const request = `GET /v1/models/plain HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.gateway.key}\r\n\r\n`;
    const held = [];
    for (let n = 0; n < 8; n++) {
      held.push(await RawConnection.open(world.gateway.port));
      held.at(-1).send(request);
      assert.equal((await held.at(-1).next())[0].status, 200);
    }

    const refused = await exchangeRaw(world.gateway.port, request);
    assert.ok(
      refused.every((answer) => answer.status === 503),
      `answered ${refused.map((answer) => answer.status)}`,
    );

    for (const connection of held) connection.close();
    await until(async () => {
      const connection = await RawConnection.open(world.gateway.port);
      connection.send(request);
      const [answer] = await connection.next(1, 2_000).finally(() => connection.close());
      return answer.status === 200;
    }, 'room after the others left');
  });
});
