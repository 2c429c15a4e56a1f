// The administration over HTTP, with one process and SQLite and with four and PostgreSQL: every operation does what it
// says, answers as docs/admin-openapi.json describes, and is on record.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { AdminScene, adminShapes, assertRefused, names } from './lib/admin_scene.mjs';
import { assertChain } from './lib/audit_chain.mjs';
import { fetchAll, get } from './lib/http.mjs';
import { allOperations, description } from './lib/openapi.mjs';
import { until } from './lib/wait.mjs';

const adminRecords = async (desk) => (await desk.tells('/audit?kind=admin&limit=10000')).records;

for (const [name, options] of Object.entries(adminShapes)) {
  describe(`administration, ${name}`, () => {
    let [scene, fleet, desk] = [];
    before(async () => {
      scene = await AdminScene.start(options);
      ({ fleet, desk } = scene);
    });
    after(() => scene?.stop());

    test('it describes itself, to anybody', async () => {
      const { status, json } = await scene.as(undefined).get('/openapi.json');
      assert.equal(status, 200);
      assert.deepEqual(json, description);
    });

    test('it is not for those who come through the front door', async () => {
      for (const key of [fleet.operator.secret, undefined])
        for (const path of ['/admin/v1/tenants', '/admin/v1/openapi.json', '/metrics'])
          assert.equal((await fetchAll(fleet.port, { path, key })).status, 404, path);
    });

    test('tenants: made, looked at, changed, suspended, resumed', async () => {
      const terms = { models: ['counted'], monthly: { hard_nano_usd: 500_000_000_000 } };
      const made = await desk.does('POST', '/tenants', { name: 'research', terms });
      assert.deepEqual(made.terms.models, ['counted']);
      assertRefused(await desk.call('POST', '/tenants', { name: 'research' }), 409);
      assert.equal((await desk.tells('/tenants/research')).terms.monthly.hard_nano_usd, 500_000_000_000);
      assertRefused(await desk.get('/tenants/nobody'), 404);
      const changed = await desk.does('PATCH', '/tenants/research', {
        terms: { daily: { hard_nano_usd: '7000000000' } },
      });
      assert.deepEqual([changed.terms.models, changed.terms.daily.hard_nano_usd], [[], 7_000_000_000]);
      assert.equal(
        (await desk.does('POST', '/tenants/research/suspend', { because: 'Why not.' })).suspended_because,
        'Why not.',
      );
      assert.equal((await desk.does('POST', '/tenants/research/resume')).suspended_at, undefined);
      assert.deepEqual(names((await desk.tells('/tenants')).tenants), ['filed', 'research']);
      await desk.does('POST', '/tenants', { name: 'others' });
    });

    test('users: made known, suspended, resumed', async () => {
      const terms = { limits: { requests_per_minute: 60 } };
      await desk.does('PUT', '/tenants/research/users/ada', { terms });
      assert.equal((await desk.tells('/tenants/research/users/ada')).terms.limits.requests_per_minute, 60);
      assert.deepEqual(names((await desk.tells('/tenants/research/users')).users), ['ada']);
      assertRefused(await desk.get('/tenants/research/users/eve'), 404);
      assert.ok(
        (await desk.does('POST', '/tenants/research/users/ada/suspend', { because: 'On leave.' })).suspended_at,
      );
      assert.equal((await desk.does('POST', '/tenants/research/users/ada/resume')).suspended_at, undefined);
    });

    test('keys: made, used, changed, rotated with an overlap, revoked', async () => {
      const { id, secret, key } = await desk.makeKey({
        name: 'ci',
        tenant: 'research',
        user: 'ada',
        expires_at: '2099-01-01T00:00:00Z',
      });
      assert.deepEqual(
        [key.name, key.tenant, key.user, key.expires_at],
        ['ci', 'research', 'ada', '2099-01-01T00:00:00Z'],
      );
      assert.equal((await scene.asks(secret, 'k')).status, 200);
      await desk.does('PATCH', `/keys/${id}`, { terms: { models: ['other'] } });
      await until(async () => (await scene.asks(secret, 'k')).status !== 200, 'the terms to count');
      const { key: next, secret: nextSecret, old } = await desk.does('POST', `/keys/${id}/rotate`, { overlap: '2s' });
      assert.deepEqual([next.user, next.models, old.rotated_to], ['ada', ['other'], next.id]);
      for (const good of [secret, nextSecret])
        assert.equal((await get(fleet, '/v1/models', { key: good })).status, 200);
      await until(
        async () => (await get(fleet, '/v1/models', { key: secret })).status === 401,
        'the end of the overlap',
        5_000,
      );
      assert.ok((await desk.does('POST', `/keys/${next.id}/revoke`)).revoked_at);
      assert.ok((await desk.does('DELETE', `/keys/${next.id}`)).revoked_at, 'twice is no error');
      assertRefused(await desk.call('POST', '/keys/key_0000/revoke'), 404);
      assert.ok(!(await desk.get(`/keys/${next.id}`)).text.includes(nextSecret), 'the secret is told twice');
      assert.ok((await desk.tells('/keys?tenant=research')).keys.length >= 2);
    });

    test('usage, page by page; sums; budgets', async () => {
      const { secret, id } = await desk.makeKey({
        tenant: 'research',
        user: 'bob',
        terms: { daily: { hard_nano_usd: 10e9 } },
      });
      for (const n of [1, 2, 3]) assert.equal((await scene.asks(secret, `u${n}`)).status, 200);
      const mine = `key_id=${id}`;
      const all = await until(async () => {
        const { records } = await desk.tells(`/usage?${mine}`);
        return records.length === 3 && records;
      }, 'three records');
      const pages = [];
      for (
        let query = mine, page;
        (page = (await desk.tells(`/usage?${query}&limit=1`)).records[0]);
        query = `${mine}&after=${page.reservation_id}`
      )
        pages.push(page);
      assert.deepEqual(pages, all);
      const cost = all.reduce((sum, record) => sum + record.cost_nano_usd, 0);
      const { sums } = await desk.tells(`/usage/sums?by=tenant,user,model,provider&${mine}`);
      assert.deepEqual(
        sums.map((sum) => [sum.group, sum.requests, sum.cost_nano_usd]),
        [[['research', 'bob', 'counted', 'books'], 3, cost]],
      );
      assert.equal((await desk.tells('/usage?user=nobody')).records.length, 0);
      const { standings } = await desk.tells('/budgets?tenant=research');
      assert.equal(standings.find(({ scope }) => scope === 'key').used, cost);
      assert.equal(standings.find(({ scope }) => scope === 'tenant').used >= cost, true);
    });

    test('content: sealed for the key of the tenant, read by its reservation', async () => {
      const { publicKey } = crypto.generateKeyPairSync('x25519');
      const content_key = `wlpub_${publicKey.export({ format: 'jwk' }).x}`;
      const { terms } = await desk.tells('/tenants/research');
      assertRefused(await desk.call('PATCH', '/tenants/research', { terms, content_key: 'wlpub_x' }), 400);
      assert.equal((await desk.does('PATCH', '/tenants/research', { terms, content_key })).content_key, content_key);
      assert.equal((await desk.does('PATCH', '/tenants/research', { terms })).content_key, content_key);
      const { secret, id } = await desk.makeKey({ tenant: 'research' });
      assert.equal((await scene.asks(secret, 'c')).status, 200);
      const record = await until(async () => (await desk.tells(`/usage?key_id=${id}`)).records[0], 'its record');
      assert.equal(record.content, '');
      const { content } = await desk.tells(`/contents/${record.reservation_id}`);
      assert.equal(Buffer.from(content, 'base64').subarray(0, 4).toString(), 'wlb1');
      assertRefused(await desk.get('/contents/nothing'), 404);
    });

    test('what the gateway does, and how the parts do', async () => {
      assert.equal((await desk.tells('/live')).tenant, '');
      assert.ok((await desk.tells('/health')).parts.every(({ ready }) => ready));
    });

    test('every change is in the audit chain, and nothing that was refused', async () => {
      const known = (await adminRecords(desk)).length;
      await desk.does('PUT', '/tenants/others/users/eve', {});
      await desk.call('POST', '/tenants', { name: 'others' });
      await desk.call('POST', '/tenants', { name: 'no name!' });
      const records = await adminRecords(desk);
      assert.equal(records.length, known + 1);
      const { actor, action, tenant, subject } = JSON.parse(records.at(-1).body);
      assert.deepEqual([actor, action, tenant, subject], [fleet.operator.id, 'user.put', 'others', 'eve']);
      const actions = new Set(records.map(({ body }) => JSON.parse(body).action));
      for (const wanted of [
        'tenant.create',
        'tenant.update',
        'tenant.suspend',
        'tenant.resume',
        'user.put',
        'user.suspend',
        'user.resume',
        'key.create',
        'key.update',
        'key.rotate',
        'key.revoke',
      ])
        assert.ok(actions.has(wanted), `${wanted} is not on record`);
      assertChain((await desk.tells('/audit?limit=10000')).records);
    });

    test('every operation of the description was tried', () =>
      assert.deepEqual(
        allOperations.filter((id) => !scene.covered.has(id)),
        [],
      ));
  });
}
