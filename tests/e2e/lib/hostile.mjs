// Texts that are meant to be taken for something else: SQL, paths, headers, markup, formats; through every door of the
// administration.
import assert from 'node:assert/strict';
import { description } from './openapi.mjs';

const texts = [
  `'; DROP TABLE keys; --`,
  `" OR "1"="1`,
  `x' UNION SELECT digest FROM keys --`,
  `\\'); DELETE FROM usage; --`,
  '$1; $2',
  '%s%s%n',
  '${jndi:ldap://x/y}',
  '{{7*7}}',
  '../../../../etc/passwd',
  '..%2f..%2fsecret',
  '<script>alert(1)</script>',
  'a\r\nset-cookie: stolen=1',
  'a\0b',
  '\u202eevil\u0000',
  '💥'.repeat(40),
  'x'.repeat(5_000),
  '*',
  '%',
  '_',
  '-1',
  '9223372036854775808',
  'null',
  '__proto__',
];
// Odd, but a good name for a tenant.
const legal = (text) => /^[\w.-]{1,64}$/.test(text) && !/^\.+$/.test(text);
const failed = (status) => status >= 400 && status < 500;

function assertHarmless(answer, what) {
  assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text}`);
  assert.equal(answer.headers['set-cookie'], undefined, what);
  assert.match(answer.headers['content-type'], /^application\/json/, what);
}

// Nothing has such a name, so nothing may be found.
async function throughPaths(desk, text) {
  const part = encodeURIComponent(text);
  const paths = [
    ['GET', `/tenants/${part}`],
    ['PATCH', `/tenants/${part}`, { terms: {} }],
    ['POST', `/tenants/${part}/suspend`, {}],
    ['GET', `/tenants/research/users/${part}`],
    ['PUT', `/tenants/${part}/users/ann`, {}],
    ['GET', `/keys/${part}`],
    ['DELETE', `/keys/${part}`],
    ['POST', `/keys/${part}/rotate`, {}],
    ['GET', `/${part}`],
  ];
  for (const call of paths) {
    const answer = await desk.call(...call);
    assertHarmless(answer, call.join(' '));
    assert.ok(
      failed(answer.status) || (call[0] === 'PUT' && legal(text)),
      `${call.slice(0, 2)} with a hostile name: ${answer.status} ${answer.text}`,
    );
  }
}

async function throughQueries(desk, text) {
  for (const path of ['/usage', '/usage/sums', '/audit', '/keys', '/budgets']) {
    for (const { name } of description.paths[`/admin/v1${path}`].get.parameters) {
      const answer = await desk.get(`${path}?${name}=${encodeURIComponent(text)}`);
      assertHarmless(answer, `${path}?${name}=${text}`);
      if (answer.status !== 200) continue;
      const [list] = Object.values(answer.json);
      // What filters finds nothing; what pages or limits may find something.
      if (['tenant', 'user', 'key_id', 'model', 'provider', 'session', 'chain'].includes(name))
        assert.deepEqual(
          path === '/usage/sums' ? list.filter(({ requests }) => requests > 0) : list,
          [],
          `${path}?${name}=${text}`,
        );
    }
  }
}

// A legal name comes back as it was; an illegal one is refused.
async function throughBodies(desk, text) {
  const user = await desk.call('PUT', `/tenants/others/users/u`, { terms: { timezone: text } });
  assertHarmless(user, `timezone ${text}`);
  assert.ok(failed(user.status), `timezone ${text} is taken`);
  const tenant = await desk.call('POST', '/tenants', { name: text });
  assertHarmless(tenant, `tenant ${text}`);
  assert.equal(tenant.status === 201, legal(text), `tenant ${text}: ${tenant.status}`);
  const key = await desk.call('POST', '/keys', {
    name: text,
    tenant: 'others',
    user: text,
    roles: [text],
    labels: { l: text },
  });
  assertHarmless(key, `key ${text}`);
  if (key.status !== 201) return;
  assert.deepEqual([key.json.key.name, key.json.key.user], [text, text]);
  assert.equal((await desk.tells(`/keys/${key.json.key.id}`)).name, text);
}

export async function hostile(desk) {
  for (const through of [throughQueries, throughPaths, throughBodies])
    for (const text of texts) await through(desk, text);
}
