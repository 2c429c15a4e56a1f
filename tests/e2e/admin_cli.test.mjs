// The verbs of administration by --url: a gateway does what the store's own machine does else, in the name of a key.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AdminScene, adminShapes, names } from './lib/admin_scene.mjs';
import { until } from './lib/wait.mjs';

for (const [name, options] of Object.entries(adminShapes)) {
  describe(`administration by --url, ${name}`, () => {
    let [scene, fleet, desk] = [];
    before(async () => {
      scene = await AdminScene.start(options);
      ({ fleet, desk } = scene);
    });
    after(() => scene?.stop());

    // Nothing of the store is at hand: neither a configuration nor a state directory.
    const remote = (key, ...args) =>
      fleet.cli(...args, '--url', `http://127.0.0.1:${fleet.adminPort()}`, {
        WAYLEAVE_ADMIN_KEY: key,
        WAYLEAVE_STATE_DIR: path.join(fleet.dir, 'nothing'),
      });
    const does = async (...args) => (await remote(fleet.operator.secret, ...args)).stdout;
    const fails = async (key, ...args) => {
      try {
        const { stdout } = await remote(key, ...args);
        return assert.fail(stdout);
      } catch (error) {
        assert.ok(!key || !error.stderr?.includes(key));
        return error;
      }
    };

    test('tenants, users and keys are made, changed and shown', async () => {
      assert.match(await does('tenant', 'create', 'research', '--monthly', '500', '--model', 'c*'), /research/);
      assert.match(await does('tenant', 'set', 'research', '--daily', '25.5'), /25\.5/);
      const { terms } = await desk.tells('/tenants/research');
      assert.deepEqual([terms.models, terms.daily.hard_nano_usd], [['c*'], 25_500_000_000]);
      assert.match(await does('tenant', 'show', 'research'), /25\.5/);
      await does('user', 'set', 'research', 'ann b/ä', '--rpm', '60');
      assert.deepEqual(names((await desk.tells('/tenants/research/users')).users), ['ann b/ä']);
      await does('user', 'suspend', 'research', 'ann b/ä', '--because', 'On leave.');
      assert.match(await does('user', 'list', '--tenant', 'research'), /suspended/);
      await does('user', 'resume', 'research', 'ann b/ä');
      assert.equal((await desk.tells('/tenants/research/users')).users[0].suspended_at, undefined);
      const made = await remote(
        fleet.operator.secret,
        'key',
        'create',
        '--name',
        'ci',
        '--tenant',
        'research',
        '--label',
        'a=b',
      );
      const id = /\bkey_\w+/.exec(made.stderr)[0];
      assert.match(made.stdout, /^wl_\w+\n$/);
      assert.deepEqual((await desk.tells(`/keys/${id}`)).labels, { a: 'b' });
      assert.match((await remote(fleet.operator.secret, 'key', 'rotate', id, '--overlap', '1h')).stdout, /^wl_/);
      await does('key', 'revoke', id);
      assert.ok((await desk.tells(`/keys/${id}`)).revoked_at);
      assert.deepEqual(
        JSON.parse(await does('key', 'list', '--tenant', 'research', '--json')),
        await desk.tells('/keys?tenant=research'),
      );
      await does('tenant', 'suspend', 'research', '--because', 'Why not.');
      assert.match(await does('tenant', 'list'), /research.*suspended/);
      await does('tenant', 'resume', 'research');
    });

    test('usage and budgets are those of the API', async () => {
      const { secret } = await fleet.newKey({ tenant: 'filed' });
      for (let n = 0; n < 3; n++) assert.equal((await scene.asks(secret, `u${n}`)).status, 200);
      await until(async () => (await desk.tells('/usage?tenant=filed')).records.length === 3, 'three records');
      const usage = JSON.parse(await does('usage', '--tenant', 'filed', '--format', 'json'));
      assert.equal(usage.records.length, 3);
      assert.match(await does('usage', '--by', 'tenant,model', '--since', '1d'), /filed/);
      assert.match(await does('budget', '--tenant', 'filed'), /filed/);
    });

    test('what is refused is told, with an exit code', async () => {
      const reader = (await desk.makeKey({ tenant: 'default', scopes: ['admin:read'] })).secret;
      assert.match((await remote(reader, 'tenant', 'list')).stdout, /filed/);
      const refused = await fails(reader, 'tenant', 'create', 'x');
      assert.deepEqual([refused.code, /scope/.test(refused.stderr)], [1, true], refused.stderr);
      assert.equal((await fails('wl_nonsense', 'tenant', 'list')).code, 1);
      assert.match((await fails(fleet.operator.secret, 'tenant', 'create', 'filed x!')).stderr, /letters/);
      const file = path.join(fleet.dir, 'reader.key');
      fs.writeFileSync(file, `${reader}\n`);
      assert.match((await remote('', 'tenant', 'list', '--key-file', file)).stdout, /filed/);
      assert.equal((await fails('', 'tenant', 'list')).code, 2);
    });

    test('the audit chain names the key', async () => {
      const { records } = await desk.tells('/audit?kind=admin&limit=10000');
      const actors = records
        .map(({ body }) => JSON.parse(body))
        .filter(({ action }) => action === 'tenant.suspend')
        .map(({ actor }) => actor);
      assert.deepEqual(actors, [fleet.operator.id]);
    });
  });
}
