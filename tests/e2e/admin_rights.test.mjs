// Nobody sees or changes more of the administration than he may, and nothing that is sent to it is taken for what it
// is not.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AdminScene, adminShapes, assertRefused, names } from './lib/admin_scene.mjs';
import { fetchAll } from './lib/http.mjs';
import { hostile } from './lib/hostile.mjs';
import { until } from './lib/wait.mjs';

for (const [name, options] of Object.entries(adminShapes)) {
  describe(`rights of administration, ${name}`, () => {
    let [scene, fleet, desk] = [];
    before(async () => {
      scene = await AdminScene.start(options);
      ({ fleet, desk } = scene);
      for (const tenant of ['research', 'others']) await desk.does('POST', '/tenants', { name: tenant });
      await desk.does('PUT', '/tenants/research/users/ada', {});
      await scene.asks((await desk.makeKey({ tenant: 'research', user: 'ada' })).secret, 'r');
      await until(async () => (await desk.tells('/usage')).records.length === 1, 'its record');
    });
    after(() => scene?.stop());

    test('scopes', async () => {
      const { secret } = await desk.makeKey({ tenant: 'default' });
      for (const [key, status] of [
        [undefined, 401],
        ['wl_nonsense', 401],
        [fleet.key, 403],
        [secret, 403],
      ])
        for (const path of ['/tenants', '/keys', '/usage', '/budgets', '/audit'])
          assertRefused(await scene.as(key).get(path), status);
      const reader = await scene.scoped('default', 'admin:read');
      assert.ok((await reader.tells('/tenants')).tenants.length >= 3);
      const changes = [
        ['POST', '/tenants', { name: 'x' }],
        ['PUT', '/tenants/research/users/x', {}],
        ['POST', '/keys', { name: 'x' }],
      ];
      for (const change of changes) assertRefused(await reader.call(...change), 403, 'missing_scope');
      const keeper = await scene.scoped('research', 'keys');
      assert.equal((await keeper.makeKey({ name: 'own' })).key.tenant, 'research');
      assertRefused(await keeper.call('POST', '/tenants', { name: 'x' }), 403);
      assertRefused(await keeper.call('POST', '/keys', { name: 'x', scopes: ['keys'] }), 403);
    });

    test('a key with the scope keys gets no more out of it, and can lock no administrator out', async () => {
      const keeper = await scene.scoped('default', 'keys');
      const { id } = await desk.makeKey({ tenant: 'default', scopes: ['admin'] });
      const reached = [];
      for (const [method, path, body] of [
        ['POST', `/keys/${id}/rotate`, {}],
        ['PATCH', `/keys/${id}`, { terms: { hours: ['00:00-00:01'] } }],
        ['POST', `/keys/${id}/revoke`],
      ]) {
        const { status } = await keeper.call(method, path, body);
        if (status !== 403 && status !== 404) reached.push(`${method} ${path}: ${status}`);
      }
      assert.deepEqual(reached, []);
    });

    test("a tenant's admin sees and changes its own", async () => {
      const own = await scene.scoped('research', 'admin');
      const foreign = await desk.makeKey({ tenant: 'others' });
      assert.deepEqual(names((await own.tells('/tenants')).tenants), ['research']);
      const tenantOf = ({ tenant }) => tenant;
      assert.deepEqual([...new Set((await own.tells('/keys')).keys.map(tenantOf))], ['research']);
      assert.deepEqual([...new Set((await own.tells('/usage')).records.map(tenantOf))], ['research']);
      const audited = (await own.tells('/audit?limit=10000')).records.map(({ body }) => JSON.parse(body).tenant);
      assert.deepEqual([...new Set(audited)], ['research']);
      for (const path of [
        '/keys?tenant=others',
        '/usage?tenant=others',
        '/budgets?tenant=filed',
        '/audit?tenant=others',
        '/tenants/others/users',
      ])
        assert.deepEqual(Object.values(await own.tells(path))[0], [], path);
      for (const path of ['/tenants/others', `/keys/${foreign.id}`]) assertRefused(await own.get(path), 404);
      assertRefused(await own.call('DELETE', `/keys/${foreign.id}`), 404);
      assertRefused(await own.call('PATCH', `/keys/${foreign.id}`, { terms: {} }), 404);
      assertRefused(await own.call('POST', `/keys/${foreign.id}/rotate`), 404);
      assertRefused(await own.call('POST', '/keys', { tenant: 'others' }), 404);
      assertRefused(await own.call('PUT', '/tenants/others/users/x', {}), 404);
      for (const change of [
        ['PATCH', '/tenants/others', { terms: {} }],
        ['POST', '/tenants/research/resume'],
        ['POST', '/tenants', { name: 'x' }],
      ])
        assertRefused(await own.call(...change), 403);
    });

    test('pages of others, and other names for this host, are kept away', async () => {
      for (const headers of [{ origin: 'https://evil.example' }, { host: 'rebound.example' }])
        assertRefused(await desk.call('GET', '/tenants', undefined, headers), 403);
    });

    test('what is no request is told apart', async () => {
      assertRefused(await desk.call('PUT', '/tenants', {}), 405);
      assertRefused(await desk.get('/nothing'), 404);
      assertRefused(await desk.call('POST', '/tenants', 'name=x', { 'content-type': 'text/plain' }), 415);
      assertRefused(
        await desk.call('POST', '/tenants', JSON.stringify({ name: 'x', terms: { timezone: 'x'.repeat(2 << 20) } })),
        413,
      );
      for (const body of [
        '{',
        '[]',
        '{"name":"x","name":"y"}',
        '{"nmae":"x"}',
        '{"name":7}',
        `${'['.repeat(40)}${']'.repeat(40)}`,
      ])
        assertRefused(await desk.call('POST', '/tenants', body), 400);
    });

    test('hostile texts do nothing but fail, or are kept as they are', async () => {
      const { tenants } = await desk.tells('/tenants');
      const records = (await desk.tells('/usage')).records.length;
      await hostile(desk);
      const known = new Set(names(tenants));
      assert.deepEqual(
        (await desk.tells('/tenants')).tenants.filter((tenant) => known.has(tenant.name)),
        tenants,
      );
      assert.equal((await desk.tells('/usage')).records.length, records);
      assert.equal((await fetchAll(fleet.adminPort(), { path: '/readyz' })).status, 200);
    });
  });
}
