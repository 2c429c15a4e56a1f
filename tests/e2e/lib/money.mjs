// Tenants with money and limits before one model server, the keys of theirs, and what the books say afterwards.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { Fleet } from './fleet.mjs';
import { chatProvider, Gateway, messagesProvider, nativeProvider } from './gateway.mjs';
import { chatBody, open, post, responsesBody } from './http.mjs';
import { MoneyUpstream } from './upstream_money.mjs';
import { until } from './wait.mjs';

// Of billionths of a dollar, as the configuration takes it and headers say it.
export const usd = (nano) => (nano / 1e9).toFixed(9);

// The price of a token is written for a million of them, in dollars.
export const price = ({ request, image, ...tokens }) => ({
  ...Object.fromEntries(Object.entries(tokens).map(([name, nano]) => [name, usd(nano)])),
  ...(request === undefined ? {} : { request: usd(request) }),
  ...(image === undefined ? {} : { image: usd(image) }),
});

// What tokens cost at prices in billionths for a million of each kind, rounded up once.
export function costOf({ input, cached, output, reasoning }, prices) {
  const of = (count, each) => BigInt(count) * BigInt(each);
  const { input: fresh = 0, output: said = 0, cached_input = fresh, reasoning: thought = said, request = 0 } = prices;
  const sum =
    of(input - cached, fresh) + of(cached, cached_input) + of(output - reasoning, said) + of(reasoning, thought);
  return Number((sum + 999_999n) / 1_000_000n) + request;
}

// Doors and their bodies: what each kind of client sends.
export const doors = {
  chat: { path: '/v1/chat/completions', body: chatBody, provider: 'chat' },
  responses: { path: '/v1/responses', body: responsesBody, provider: 'native' },
  messages: {
    path: '/v1/messages',
    body: (model, more) => ({ model, messages: [{ role: 'user', content: 'Say hello' }], max_tokens: 60_000, ...more }),
    provider: 'messages',
  },
};
export const providers = ['chat', 'native', 'messages'];
export const pairs = Object.keys(doors).flatMap((door) => providers.map((provider) => ({ door, provider })));
// The same prices for all models whose names end so.
export const pricesBehind = (table) =>
  Object.fromEntries(
    providers.flatMap((provider) => Object.entries(table).map(([name, each]) => [`${provider}/*@${name}`, each])),
  );
export const everywhere = (scripts) => providers.flatMap((provider) => scripts.map((name) => `${provider}/${name}`));

const query = (file, sql) => {
  const text = execFileSync('sqlite3', ['-readonly', '-json', '-cmd', '.timeout 20000', file, sql], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return text.trim() ? JSON.parse(text) : [];
};
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

export class MoneyWorld {
  // `models`: names; each is "<provider>/<what the server does>" and is asked for by this name. `prices`: of them, as
  // `price` takes them. `providers`: further ones, or what makes them of the server. `database`: the books are in
  // PostgreSQL, and of each service there may be several.
  static async start({ models = [], prices = {}, tenants = {}, sections = {}, database, providers = {}, ...options }) {
    const world = new MoneyWorld();
    world.tenants = new Set(Object.keys(tenants));
    const product = database ? Fleet : Gateway;
    world.upstream = await new MoneyUpstream().start();
    const { upstream } = world;
    try {
      world.gateway = await product[database ? 'begin' : 'start']({
        database,
        providers: {
          chat: chatProvider(upstream),
          native: nativeProvider(upstream, { api_key: 'upstream-secret' }),
          messages: messagesProvider(upstream, { api_key: 'upstream-secret' }),
          ...(typeof providers === 'function' ? providers(upstream) : providers),
        },
        models: Object.fromEntries(models.map((name) => [name, { targets: [name] }])),
        sections: { ...sections, prices: mapped(prices, price), tenants },
        ...options,
      });
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  async stop() {
    await this.gateway?.stop();
    await this.upstream.stop();
  }

  // A key that works; `terms`: further arguments of `wayleave key create`.
  async key(tenant, user, ...terms) {
    if (!this.tenants.has(tenant)) await this.gateway.cli('tenant', 'create', tenant, '--config', this.gateway.configFile);
    this.tenants.add(tenant);
    const args = ['--config', this.gateway.configFile, '--tenant', tenant, ...(user ? ['--user', user] : []), ...terms];
    const { stdout, stderr } = await this.gateway.cli('key', 'create', ...args);
    const key = { secret: stdout.trim(), id: /\bkey_[A-Za-z0-9]+/.exec(stderr)[0], tenant };
    const works = (port) =>
      post({ port }, '/v1/responses', '{}', { key: key.secret }).then(({ status }) => status !== 401);
    await this.gateway.everybodyKnows?.(); // a Fleet's
    for (const port of this.ports) await until(() => works(port), 'the new key to work');
    return key;
  }

  get ports() {
    return this.gateway.replicas('gateway').map((name) => Number(this.gateway.at[name].listen.split(':').at(-1)));
  }

  // One request through a door; the answer is fetchAll's. `port`: of another gateway.
  ask(door, key, model, more = {}, { port = this.gateway.port, headers } = {}) {
    const { path: where, body } = doors[door];
    return post({ port }, where, body(model, more), { key: key.secret, headers });
  }

  // A stream in the form of one of `pairs`: {sent, request, answer}, of which `sent` is the body, byte for byte. `more`:
  // further members of it.
  async stream({ door, provider }, key, script, { port = this.gateway.port, more = {} } = {}) {
    const { path: where, body } = doors[door];
    const sent = JSON.stringify(body(`${provider}/${script}`, { stream: true, ...more }));
    const { request, response } = open(port, { method: 'POST', path: where, body: sent, key: key.secret });
    const answer = await response;
    assert.equal(answer.statusCode, 200);
    return { sent, request, answer };
  }

  rows(sql) {
    const { store } = this.gateway;
    return store ? store.rows(sql) : query(path.join(this.gateway.stateDir, 'auth.db'), sql);
  }

  // A key's recorded requests in the order of their arrival, once there are so many.
  usage({ id }, count = 0) {
    return until(async () => {
      const rows = await this.rows(`select * from usage where key_id = ${quoted(id)} order by started_at`);
      if (rows.length > count && count > 0) throw new Error(`${rows.length} rows of usage`);
      return rows.length >= count && rows;
    }, `${count} rows of usage of ${id}`);
  }

  // What is spent of the tenant's budget of a `period`, once nothing is held of it any more.
  async spent({ tenant }, period = 'month') {
    const pool = await until(async () => {
      const [row] = await this.rows(
        `select used, leased from pools where id = ${quoted(`tenant/${tenant}/${period}`)}`,
      );
      if (!row) throw new Error('there is none');
      if (row.leased !== 0) throw new Error(`${row.used} used, ${row.leased} leased`);
      return row;
    }, `nothing to be held of ${tenant}'s ${period}`);
    return pool.used;
  }

  // The books are right: every answer is on record, and the budget is charged with just their sum.
  async booked(key, count, cost, period) {
    const rows = await this.usage(key, count);
    const sum = rows.reduce((total, row) => total + row.cost_nano_usd, 0);
    assert.deepEqual({ sum, spent: await this.spent(key, period) }, { sum: cost, spent: cost });
    return rows;
  }
}

const mapped = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

export const budgetWords = (what) => new RegExp(`^The budget of ${what} does not allow this request: of \\$`);

// How many of the answers are of each kind: good, told to come again, told that all is spent; and what else was said.
export function sorted(answers) {
  const counts = { good: 0, wait: 0, spent: 0, other: [] };
  for (const { status, text } of answers) {
    const code = status === 200 ? 'good' : JSON.parse(text).error.code;
    const kind = { good: 'good', rate_limit_exceeded: 'wait', budget_exceeded: 'spent' }[code];
    if (kind) counts[kind]++;
    else counts.other.push(`${status} ${text}`.slice(0, 300));
  }
  counts.other = [...new Set(counts.other)];
  return counts;
}
