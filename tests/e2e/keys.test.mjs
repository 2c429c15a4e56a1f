// The life of a key: made, used, revoked, dead everywhere within a second, or ten on a busy machine.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { shapes } from './lib/gateway.mjs';
import { assertError, collect, get, open, post, responsesBody } from './lib/http.mjs';
import { World } from './lib/setup.mjs';
import { expireIn } from './lib/state.mjs';
import { atMost, until } from './lib/wait.mjs';

const models = { hello: 'openai/hello', paced: 'openai/paced-60' };

async function create(gateway, name, ...more) {
  const { stdout, stderr } = await gateway.cli(
    'key',
    'create',
    '--config',
    gateway.configFile,
    '--name',
    name,
    ...more,
  );
  const secret = /\bwl_[A-Za-z0-9_-]+/.exec(stdout)?.[0];
  const id = /\bkey_[A-Za-z0-9]+/.exec(stdout + stderr)?.[0];
  assert.ok(secret && id, `no key in:\n${stdout}${stderr}`);
  assert.equal(stdout, `${secret}\n`, 'standard output is the secret and nothing else');
  return { secret, id };
}

const list = async (gateway) => (await gateway.cli('key', 'list', '--config', gateway.configFile)).stdout;
const revoke = (gateway, id) => gateway.cli('key', 'revoke', '--config', gateway.configFile, id);
const status = async (gateway, key) => (await get(gateway, '/v1/models', { key })).status;

const works = (gateway, key) => until(async () => (await status(gateway, key)) === 200, 'the new key to work', atMost(1_000));

const stored = (dir) =>
  fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => fs.readFileSync(path.join(entry.parentPath ?? entry.path, entry.name), 'latin1'))
    .join('');

for (const shape of shapes) {
  describe(`keys, ${shape}`, () => {
    let world;
    let gateway;
    before(async () => {
      world = await World.start({ shape, models });
      ({ gateway } = world);
    });
    after(() => world?.stop());

    test('a key made while the gateway serves works soon, and its secret is told once', async () => {
      const { secret, id } = await create(gateway, 'fresh');

      await works(gateway, secret);
      assert.equal((await post(gateway, '/v1/responses', responsesBody('hello'), { key: secret })).status, 200);
      const text = await list(gateway);
      assert.match(text, new RegExp(id));
      assert.match(text, /fresh/);
      assert.ok(!text.includes(secret), 'the list shows the secret');
      assert.ok(!stored(gateway.stateDir).includes(secret), 'the secret is on disk');
    });

    test('a revoked key is dead soon', async () => {
      const { secret, id } = await create(gateway, 'doomed');
      await works(gateway, secret);
      for (let n = 0; n < 3; n++)
        assert.equal((await post(gateway, '/v1/responses', responsesBody('hello'), { key: secret })).status, 200);

      await revoke(gateway, id);
      await until(async () => (await status(gateway, secret)) === 401, 'the key to die', atMost(1_000));

      assertError(
        await post(gateway, '/v1/responses', responsesBody('hello'), { key: secret }),
        401,
        'invalid_api_key',
      );
      assert.match(await list(gateway), /revoked/i);
      assert.equal(await status(gateway, gateway.key), 200, 'other keys live on');
    });

    test('revoking twice is no error, revoking nobody is one', async () => {
      const { id } = await create(gateway, 'twice');
      await revoke(gateway, id);
      await revoke(gateway, id);
      await assert.rejects(revoke(gateway, 'key_00000000'));
    });

    test('an expired key is refused', async () => {
      const { secret, id } = await create(gateway, 'short', '--expires', '30m');
      await works(gateway, secret);
      expireIn(gateway.stateDir, id, 1_000);
      await until(async () => (await status(gateway, secret)) === 401, 'the key to expire');
    });

    test('a revocation leaves streams of other keys alone', async () => {
      const { id } = await create(gateway, 'bystander');
      const { response } = open(gateway.port, {
        method: 'POST',
        path: '/v1/responses',
        body: responsesBody('paced', { stream: true }),
        key: gateway.key,
      });
      const events = collect(await response);
      await revoke(gateway, id);
      assert.equal((await events).events.at(-1).data.type, 'response.completed');
    });
  });
}

describe('keys, first start', () => {
  let world;
  before(async () => (world = await World.start({ shape: 'serve', models, key: '' })));
  after(() => world?.stop());

  test('one key is made and printed once; it works, also after a restart that prints none', async () => {
    const { gateway } = world;
    const secrets = [...new Set(gateway.logs.match(/\bwl_[A-Za-z0-9_-]{16,}/g))];
    assert.equal(secrets.length, 1, gateway.logs);
    assert.equal(await status(gateway, secrets[0]), 200);
    assert.equal(await status(gateway, 'wl_wrong'), 401);

    await gateway.kill('gateway', 'SIGTERM');
    gateway.restart('gateway');
    await gateway.awaitReady('gateway');

    assert.equal(await status(gateway, secrets[0]), 200);
    assert.doesNotMatch(gateway.process('gateway').log, /\bwl_[A-Za-z0-9_-]{16,}/, 'a key was printed again');
  });
});
