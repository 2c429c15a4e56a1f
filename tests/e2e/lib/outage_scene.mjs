// Clients of a tenant without a budget and of one with, before, during and after an outage of what money is kept in.
import assert from 'node:assert/strict';
import { Fleet } from './fleet.mjs';
import { chatProvider } from './gateway.mjs';
import { chatBody, post } from './http.mjs';
import { costOf, LedgerUpstream, prices } from './ledger_upstream.mjs';
import { records } from './records.mjs';
import { sleep, until } from './wait.mjs';

const length = Number(process.env.WAYLEAVE_E2E_OUTAGE ?? 6) * 1_000;
const tenants = { free: {}, rich: { budget: { daily: 1_000 } } };

// Clients of one tenant that ask on and on, each request under an id of its own.
class Clients {
  constructor(doors, tag) {
    Object.assign(this, { doors, tag, seen: [], begun: 0, over: false });
    this.all = Promise.all([...doors, ...doors].map((door) => this.client(door)));
    this.all.catch(() => {}); // stop() tells
  }

  async client(door) {
    while (!this.over) {
      const id = `${this.tag}.${++this.begun}`;
      const at = performance.now();
      const body = chatBody('counted', { messages: [{ role: 'user', content: `id=${id}. ` }], max_tokens: 2_000 });
      const { status, text, headers } = await post(door, '/v1/chat/completions', body, {
        headers: { 'x-request-id': id },
      });
      const number = status === 200 ? Number(/answer (\d+)\./.exec(text)[1]) : undefined;
      const error = status === 200 ? undefined : JSON.parse(text).error;
      this.seen.push({ id, at, ms: performance.now() - at, status, number, error, retryAfter: headers['retry-after'] });
      await sleep(15); // the clients' own pace
    }
  }

  good(from = 0) {
    return this.seen.slice(from).filter(({ status }) => status === 200);
  }

  // A request may wait for a lock, and behind others that do, before it is refused.
  refused() {
    const from = this.seen.length;
    return until(() => this.seen.slice(from).some(({ status }) => status !== 200), `${this.tag} to be refused`);
  }

  flows() {
    const from = this.seen.length;
    return until(() => this.good(from).length >= 2 * this.doors.length, `${this.tag} to be served`);
  }

  async stop() {
    this.over = true;
    await this.all;
  }
}

export class Scene {
  static async start(options) {
    const scene = new Scene();
    scene.upstream = await new LedgerUpstream({ pace: 2 }).start();
    const sections = { ...options.sections, tenants, prices: { 'books/counted': prices } };
    const providers = { books: chatProvider(scene.upstream) };
    scene.fleet = await Fleet.begin({
      ...options,
      providers,
      models: { counted: { targets: ['books/counted'] } },
      sections,
    });
    scene.free = await scene.fleet.newKey({ tenant: 'free' });
    scene.rich = await scene.fleet.newKey({ tenant: 'rich' });
    return scene;
  }

  // Load before, during and after; resolves to what each tenant's clients saw while it lasted, which is until the lease of
  // the one with a budget has ended, if that `endsLeases`.
  async through(tag, begin, end, { during = () => {}, endsLeases = true } = {}) {
    const clients = ['free', 'rich'].map((name) => new Clients(this.fleet.doors(this[name].secret), `${tag}.${name}`));
    const [, rich] = clients;
    const seen = {};
    try {
      for (const tenant of clients) await tenant.flows();
      await this.lent();
      const from = performance.now();
      await begin();
      try {
        await Promise.all([sleep(length), during(), endsLeases && rich.refused()]);
      } finally {
        await end();
      }
      const to = performance.now();
      for (const tenant of clients) await tenant.flows();
      [seen.free, seen.rich] = clients.map((tenant) => tenant.seen.filter(({ at }) => at > from && at < to));
    } finally {
      await Promise.all(clients.map((tenant) => tenant.stop()));
    }
    for (const name of ['free', 'rich']) console.log(`${tag}, ${name}: ${JSON.stringify(counted(seen[name]))}`);
    await this.nothingLost(clients.flatMap((tenant) => tenant.seen));
    return seen;
  }

  // Just after a draw: so that there is something left of the lease when nothing more can be drawn.
  lent() {
    let before = Infinity;
    return until(async () => {
      const [{ leased }] = await this.fleet.store.rows("select leased from pools where id = 'tenant/rich/day'");
      const drawn = leased > before;
      before = leased;
      return drawn;
    }, 'something to be leased');
  }

  async nothingLost(seen) {
    const { fleet, upstream } = this;
    const served = seen.filter(({ status }) => status === 200).map(({ id }) => id);
    const rows = await records(fleet, 'tenant, cost_nano_usd', served);
    const byId = Map.groupBy(rows, (row) => row.request_id);
    const wrong = seen.filter(({ id, status, number }) => {
      const own = byId.get(id) ?? [];
      if (status !== 200) return own.some((row) => row.cost_nano_usd > 0);
      return own.length !== 1 || BigInt(own[0].cost_nano_usd) !== costOf(upstream.books[number]);
    });
    assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} requests are not recorded once, at their price`);
    const pools = await fleet.store.rows("select used from pools where id = 'tenant/rich/day'");
    const used = rows.filter(({ tenant }) => tenant === 'rich').reduce((sum, row) => sum + row.cost_nano_usd, 0);
    assert.deepEqual(pools, [{ used }], 'the budget has used what the records say');
  }

  async stop() {
    try {
      await this.fleet?.stop();
    } finally {
      await this.upstream?.stop();
    }
  }
}

const counted = (seen) => {
  const slow = Math.max(...seen.map(({ ms }) => ms));
  const byAnswer = Map.groupBy(seen, ({ status, error }) => `${status} ${error?.code ?? ''}`.trim());
  return {
    ...Object.fromEntries([...byAnswer].map(([answer, list]) => [answer, list.length])),
    slowest: Math.round(slow),
  };
};
