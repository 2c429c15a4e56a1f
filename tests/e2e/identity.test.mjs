// Who is calling, told by a token, by a certificate; and when and from where they may.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Fleet } from './lib/fleet.mjs';
import { chatProvider, shapes } from './lib/gateway.mjs';
import { chatBody, get, post } from './lib/http.mjs';
import { LedgerUpstream } from './lib/ledger_upstream.mjs';
import { Pki } from './lib/pki.mjs';
import { Issuer, SigningKey } from './lib/tokens.mjs';
import { atMost, until } from './lib/wait.mjs';

const models = { counted: { targets: ['books/counted'] }, other: { targets: ['books/counted'] } };
const routes = [{ name: 'for-the-board', when: { role: 'board' }, use: ['books/special'] }];
const errorOf = ({ text }) => JSON.parse(text).error;
const body = (id, model = 'counted') => chatBody(model, { messages: [{ role: 'user', content: `id=${id}. ` }] });
const start = async (options) => {
  const upstream = await new LedgerUpstream({ pace: 1 }).start();
  const fleet = await Fleet.begin({ providers: { books: chatProvider(upstream) }, models, ...options });
  return { upstream, fleet };
};

const rowOf = (fleet, id) =>
  until(async () => {
    const [row] = await fleet.store.rows(`select tenant, "user", key_id from usage where request_id = '${id}'`);
    return row;
  }, `the record of ${id}`);

for (const shape of shapes) {
  describe(`tokens, ${shape}`, () => {
    let [fleet, upstream, issuer] = [];
    const ask = (token, id = 'x', model) =>
      post(fleet, '/v1/chat/completions', body(id, model), { key: token, headers: { 'x-request-id': id } });

    before(async () => {
      issuer = await new Issuer().start();
      const jwt = { corp: issuer.config({ roles_claim: 'groups', role_map: { 'cn=board': 'board' } }) };
      const tenants = { research: { models: ['counted'] }, others: {} };
      ({ fleet, upstream } = await start({ shape, sections: { auth: { jwt }, tenants }, routes: undefined }));
      fleet.edit((config) => (config.routes = routes));
      await until(async () => (await ask(issuer.token())).status === 200, "the issuer's keys");
    });
    after(async () => {
      await fleet?.stop();
      await upstream?.stop();
      await issuer?.stop();
    });

    for (const algorithm of ['RS256', 'ES256', 'EdDSA']) {
      test(`signed with ${algorithm}: user and tenant are on record`, async () => {
        const id = `token-${algorithm}`;
        assert.equal((await ask(issuer.token({ algorithm }), id)).status, 200);
        assert.deepEqual(await rowOf(fleet, id), { tenant: 'research', user: 'ada', key_id: `token:${issuer.url}` });
      });
    }

    test('the policy of the tenant that it names counts', async () => {
      assert.notEqual((await ask(issuer.token(), 'p', 'other')).status, 200);
      assert.equal((await ask(issuer.token({ claims: { org: 'others' } }), 'p', 'other')).status, 200);
    });

    test('a tenant that there is not is not made by naming it', async () => {
      const answer = await ask(issuer.token({ claims: { org: 'nowhere' } }));
      assert.deepEqual([answer.status, errorOf(answer).code], [403, 'unknown_tenant']);
      assert.match(errorOf(answer).message, /`wayleave tenant create nowhere`/);
    });

    test('its roles reach the routes, if they are mapped', async () => {
      const routed = async (groups) =>
        (await ask(issuer.token({ claims: { org: 'others', groups } }), 'r')).headers['x-wayleave-route'];
      await until(async () => /^route:for-the-board/.test(await routed(['cn=board'])), 'the route');
      for (const groups of [[], ['board'], undefined]) assert.doesNotMatch(await routed(groups), /for-the-board/);
    });

    test('none of the known attacks succeeds, and none is told to logs', async () => {
      const attacks = issuer.attacks();
      const before = upstream.books.length;
      const through = [];
      for (const [name, token] of Object.entries(attacks)) {
        const answer = await ask(token, 'attack');
        if (answer.status !== 401 || answer.text.includes(token.split('.')[1]))
          through.push(`${name}: ${answer.status} ${answer.text}`);
      }
      assert.deepEqual(through, []);
      assert.equal(upstream.books.length, before);
      for (const token of Object.values(attacks))
        assert.ok(!fleet.logs.includes(token.split('.')[1]), 'a token is in the logs');
    });

    test('a token is no key for the administration', async () => {
      const { status } = await fleet
        .adminAs(issuer.token({ claims: { org: 'default', groups: ['admin', 'cn=board'] } }))
        .get('/tenants');
      assert.ok(status === 401 || status === 403, `${status}`);
    });

    test('a suspended user is out, whatever his token says', async () => {
      const eve = issuer.token({ claims: { org: 'others', sub: 'eve' } });
      assert.equal((await ask(eve)).status, 200);
      await fleet.desk.does('POST', '/tenants/others/users/eve/suspend', { because: 'On leave.' });
      const answer = await until(
        async () => {
          const last = await ask(eve);
          return last.status !== 200 && last;
        },
        'the user to be out',
        atMost(1_000),
      );
      assert.deepEqual([answer.status, errorOf(answer).code], [403, 'user_suspended']);
      assert.equal((await ask(issuer.token({ claims: { org: 'others', sub: 'ada' } }))).status, 200);
    });

    test('keys change: the new one works soon, the old one no more', async () => {
      const old = issuer.key('ES256');
      const next = new SigningKey('ES256', 'ES256-2');
      issuer.keys = [next];
      await until(async () => (await ask(issuer.token({ key: next }))).status === 200, 'the new key to be known');
      assert.equal((await ask(issuer.token({ key: old, claims: { jti: 'fresh' } }))).status, 401);
    });
  });

  describe(`certificates, ${shape}`, () => {
    const pki = new Pki();
    pki.authority('stranger');
    let [fleet, upstream] = [];
    const certificates = [
      { name: 'dns:*.research.corp', tenant: 'research', roles: ['board'] },
      { name: 'uri:spiffe://corp/others/*', tenant: 'others', user: 'agent' },
    ];
    const client = (cn, names, more = {}) => pki.issued({ cn, names, ...more });
    const asks = (identity, id = 'x', key) =>
      pki.ask(fleet.port, '/v1/chat/completions', { client: identity, key, body: body(id) });
    const tls = (more = {}) => ({
      certificate: pki.server.certificate,
      key: pki.server.key,
      client_ca: pki.file('ca.pem'),
      ...more,
    });
    const newest = () =>
      until(
        async () => (await fleet.store.rows('select tenant, "user" from usage order by started_at desc limit 1'))[0],
        'a record',
      );

    before(async () => {
      const sections = { auth: { certificates }, gateway: { tls: tls() } };
      ({ fleet, upstream } = await start({ shape, sections }));
    });
    after(async () => {
      await fleet?.stop();
      await upstream?.stop();
      pki.remove();
    });

    test('a name of the certificate tells tenant and user', async () => {
      assert.equal((await asks(client('anything', 'DNS:ci.research.corp'))).status, 200);
      assert.deepEqual(await newest(), { tenant: 'research', user: 'ci.research.corp' });
    });

    test('an entry may name the user', async () => {
      assert.equal((await asks(client('x', 'URI:spiffe://corp/others/a'))).status, 200);
      await until(async () => (await newest()).tenant === 'others' && (await newest()).user === 'agent', 'its record');
    });

    test('a name of another kind is not taken for it', async () => {
      for (const identity of [
        client('ci.research.corp'),
        client('x', 'DNS:research.corp'),
        client('x', 'URI:dns:a.research.corp'),
        client('dns:a.research.corp', 'email:a@research.corp'),
        client('x', 'DNS:a.research.corp.evil.example'),
      ]) {
        const answer = await asks(identity);
        assert.deepEqual([answer.status, errorOf(answer).code], [401, 'unknown_certificate']);
      }
    });

    test('without one a key is needed', async () => {
      assert.equal((await asks(undefined)).status, 401);
      assert.equal((await asks(undefined, 'x', fleet.key)).status, 200);
    });

    test('a key goes over the certificate, also a bad one', async () =>
      assert.equal((await asks(client('x', 'DNS:ci.research.corp'), 'x', 'wl_nonsense')).status, 401));

    test('who is vouched for by strangers, or no longer, is not let in', async () => {
      for (const more of [{ by: 'stranger' }, { days: -1 }])
        await assert.rejects(asks(client('x', 'DNS:ci.research.corp', more), 'x', fleet.key));
    });

    test('where it is required nobody comes in without', async () => {
      const { fleet: strict, upstream: own } = await start({
        shape,
        sections: { auth: { certificates }, gateway: { tls: tls({ client_certificates: 'required' }) } },
      });
      try {
        await assert.rejects(pki.ask(strict.port, '/v1/models', { key: strict.key }));
        const { status } = await pki.ask(strict.port, '/v1/models', { client: client('x', 'DNS:ci.research.corp') });
        assert.equal(status, 200);
      } finally {
        await strict.stop();
        await own.stop();
      }
    });
  });

  describe(`when and from where, ${shape}`, () => {
    let [fleet, upstream] = [];
    const at = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
    const today = new Date().toLocaleDateString('en-US', { weekday: 'short', timeZone: 'UTC' }).toLowerCase();
    const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].filter((day) => day !== today);
    const tenants = {
      open: { hours: [`${at(-2)}-${at(2)}`], addresses: ['127.0.0.0/8'], endpoints: ['models', 'chat_completions'] },
      closed: { hours: [`${at(2)}-${at(3)}`] },
      weekly: { days, hours: ['00:00-24:00'] },
      elsewhere: { addresses: ['10.0.0.0/8', '2001:db8::/32'] },
      mixed: { users: { eve: { addresses: ['10.0.0.0/8'] } } },
    };
    const refusal = async (wanted, options) => {
      const { secret } = await fleet.newKey(wanted);
      const answer = await post(fleet, '/v1/chat/completions', body('x'), { key: secret, ...options });
      return [answer.status, answer.status === 200 ? undefined : errorOf(answer).code];
    };

    before(async () => ({ fleet, upstream } = await start({ shape, sections: { tenants } })));
    after(async () => {
      await fleet?.stop();
      await upstream?.stop();
    });

    test('within the hours, from a good address', async () =>
      assert.deepEqual(await refusal({ tenant: 'open' }), [200, undefined]));
    test('outside the hours', async () =>
      assert.deepEqual(await refusal({ tenant: 'closed' }), [403, 'outside_hours']));
    test('on another day', async () => assert.deepEqual(await refusal({ tenant: 'weekly' }), [403, 'outside_hours']));
    test('from another address, whatever a header says', async () => {
      const headers = { 'x-forwarded-for': '10.0.0.1', forwarded: 'for=10.0.0.1', 'x-real-ip': '10.0.0.1' };
      assert.deepEqual(await refusal({ tenant: 'elsewhere' }, { headers }), [403, 'address_not_allowed']);
    });
    test('one user only', async () => {
      assert.deepEqual(await refusal({ tenant: 'mixed', user: 'eve' }), [403, 'address_not_allowed']);
      assert.deepEqual(await refusal({ tenant: 'mixed', user: 'ada' }), [200, undefined]);
    });
    test('another door', async () => {
      const { secret } = await fleet.newKey({ tenant: 'open' });
      const answer = await post(fleet, '/v1/responses', { model: 'counted', input: 'id=x. ' }, { key: secret });
      assert.equal(answer.status === 403 || answer.status === 400, true, answer.text);
      assert.match(errorOf(answer).message, /may not use the endpoint responses/);
      assert.equal((await get(fleet, '/v1/models', { key: secret })).status, 200);
    });
  });
}
