// kill -9 of one service after the other under load: nothing that a client got is lost or charged twice, to the
// billionth of a dollar. WAYLEAVE_E2E_FIRE says how many requests; a nightly run takes 200000.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Fleet, twos } from './lib/fleet.mjs';
import { chatProvider } from './lib/gateway.mjs';
import { LedgerClients } from './lib/ledger_clients.mjs';
import { costOf, LedgerUpstream, prices } from './lib/ledger_upstream.mjs';
import { records } from './lib/records.mjs';
import { sleep } from './lib/wait.mjs';

const count = Number(process.env.WAYLEAVE_E2E_FIRE ?? 12_000) / 2;
const killEvery = process.env.WAYLEAVE_E2E_FIRE ? 3_000 : 1_500;
const completed = 1;
const cutOutcomes = { 2: 'failed', 3: 'cancelled', 4: 'interrupted', 5: 'incomplete' };
const plenty = { daily: 100_000, monthly: 1_000_000 };
const tightDaily = 0.0003 * count * 0.1; // for a tenth of the requests, which would cost several times as much
const tenants = {
  research: { budget: plenty, limits: { concurrent: 10_000 }, users: { ada: { budget: { daily: 50_000 } } } },
  tight: { budget: { daily: tightDaily } },
};
const shapes = {
  'four processes, SQLite': { shape: 'fleet' },
  'two of each service, PostgreSQL': { shape: 'fleet', replicas: twos, database: true },
};

const sumOf = (list) => list.reduce((sum, value) => sum + BigInt(value), 0n);
const some = (list) => JSON.stringify(list.slice(0, 5));
const none = (list, what) => assert.equal(list.length, 0, `${list.length} ${what}: ${some(list)}`);

function shuffled(list) {
  const order = [...list];
  for (let n = order.length - 1; n > 0; n--) {
    const m = Math.floor(Math.random() * (n + 1));
    [order[n], order[m]] = [order[m], order[n]];
  }
  return order;
}

// One after the other in an order that chance makes, until told to stop.
async function killAround(fleet, state) {
  while (!state.over) {
    for (const victim of shuffled(fleet.members)) {
      await Promise.race([state.end, sleep(killEvery)]);
      if (state.over) return;
      state.killed.push(victim);
      await fleet.revive(victim);
    }
  }
}

async function fire(fleet, clients) {
  let end;
  const state = { killed: [], over: false };
  state.end = new Promise((resolve) => (end = resolve));
  clients.enough = () => new Set(state.killed).size === fleet.members.length;
  const killing = killAround(fleet, state);
  await clients.run(24);
  state.over = true;
  end();
  await killing;
  return state.killed;
}

const columns = `reservation_id, tenant, "user", key_id, outcome, estimated, input_tokens, cached_input_tokens, output_tokens,
  reasoning_tokens, cost_nano_usd`;
const reached = (upstream) => [...upstream.byId.keys()].filter((id) => id.startsWith('fire.'));

for (const [name, options] of Object.entries(shapes)) {
  describe(`killed under load, ${name}`, () => {
    let [upstream, fleet, clients, rows, pools] = [];
    const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    const rowOf = new Map();

    before(async () => {
      upstream = await new LedgerUpstream().start();
      const providers = { books: chatProvider(upstream) };
      const models = { counted: { targets: ['books/counted'] } };
      const sections = {
        tenants,
        prices: { 'books/counted': prices },
        router: { breaker: { failures: 0 } },
        log: { level: 'warning' },
      };
      fleet = await Fleet.begin({ ...options, providers, models, sections });
      const ada = await fleet.newKey({ tenant: 'research', user: 'ada', terms: { daily: { hard_nano_usd: 9e12 } } });
      const bob = await fleet.newKey({ tenant: 'research', user: 'bob' });
      const tight = await fleet.newKey({ tenant: 'tight' });
      const research = Array.from({ length: 9 }, (_, n) => (n % 2 ? ada : bob));
      const doors = [...research.map(({ secret }) => ['research', secret]), ['tight', tight.secret]].flatMap(
        ([tenant, key]) => fleet.doors(key).map((door) => ({ ...door, tenant })),
      );
      clients = new LedgerClients(doors, { count, agent });
      const killed = await fire(fleet, clients);
      console.log(`${name}: killed ${killed.join(' ')}; clients saw ${JSON.stringify(clients.summary)}`);
      rows = (await records(fleet, columns, reached(upstream))).filter(({ request_id: id }) => id.startsWith('fire.'));
      pools = await fleet.store.rows('select id, period, used, leased from pools');
      for (const row of rows) rowOf.set(row.request_id, [...(rowOf.get(row.request_id) ?? []), row]);
    });
    after(async () => {
      agent.destroy();
      await fleet?.stop();
      await upstream?.stop();
    });

    test('there was something to lose', () => {
      assert.ok(clients.of('completed').length > count / 2, JSON.stringify(clients.summary));
      assert.ok(clients.of('cut').length > 0, 'no request was cut: that is no fire');
    });

    test('every answer that a client got is recorded once', () => {
      none(
        clients.of('completed').filter(({ id }) => !rowOf.has(id)),
        'lost',
      );
      none(
        [...rowOf.values()].filter((list) => list.length > 1),
        'recorded twice',
      );
      assert.equal(new Set(rows.map((row) => row.reservation_id)).size, rows.length);
    });

    test('with the tokens that the model counted, and what they cost', () => {
      const wrong = clients.of('completed').filter(({ id, number, charged }) => {
        const [row] = rowOf.get(id) ?? [{}];
        const entry = upstream.books[number];
        const tokens = [row.input_tokens, row.cached_input_tokens, row.output_tokens, row.reasoning_tokens];
        const cost = costOf(entry);
        return (
          entry.id !== id ||
          String(tokens) !== String([entry.input, entry.cached, entry.output, entry.reasoning]) ||
          BigInt(row.cost_nano_usd) !== cost ||
          (charged !== undefined && BigInt(Math.round(charged * 1e9)) !== cost) ||
          row.estimated ||
          row.outcome !== completed
        );
      });
      none(
        wrong.map((entry) => ({ ...entry, rows: rowOf.get(entry.id), books: upstream.books[entry.number] })),
        'wrong',
      );
    });

    test('what was cut is recorded once, by its name, with an estimate', () => {
      const ids = reached(upstream);
      none(
        ids.filter((id) => rowOf.get(id)?.length !== 1),
        'reached the model and are not recorded once',
      );
      const cut = ids.filter((id) => clients.seen.get(id).end !== 'completed').map((id) => rowOf.get(id)[0]);
      const odd = cut.filter((row) => (row.outcome === completed ? row.estimated : !cutOutcomes[row.outcome]));
      none(odd, 'cut requests without a name for it');
      none(
        cut.filter((row) => row.outcome !== completed && !(row.cost_nano_usd > 0 && row.estimated)),
        'cut without an estimate',
      );
    });

    test('nothing is recorded that nobody sent', () =>
      none(
        [...rowOf.keys()].filter((id) => !clients.seen.has(id)),
        'made up',
      ));

    test('budgets have used what the records say', () => {
      for (const [account, of] of Object.entries({
        'tenant/research/': (row) => row.tenant === 'research',
        'tenant/tight/': (row) => row.tenant === 'tight',
        'user/research/ada/': (row) => row.tenant === 'research' && row.user === 'ada',
      })) {
        const recorded = sumOf(rows.filter(of).map((row) => row.cost_nano_usd));
        const found = pools.filter(({ id }) => id.startsWith(account) && /\/(day|month)$/.test(id));
        assert.ok(found.length > 0, `no budget ${account}: ${JSON.stringify(pools)}`);
        // A run over midnight has two days.
        for (const id of new Set(found.map((pool) => pool.id))) {
          const used = sumOf(found.filter((pool) => pool.id === id).map((pool) => pool.used));
          assert.equal(used, recorded, `${id}: ${JSON.stringify(found)}`);
        }
      }
    });

    test('the sums that are told are those of the records', async () => {
      const { sums } = await fleet.desk.tells('/usage/sums?by=tenant');
      for (const { group, requests, cost_nano_usd: cost } of sums) {
        const own = rows.filter(({ tenant }) => tenant === group[0]);
        assert.equal(requests, own.length, group[0]);
        assert.equal(BigInt(cost), sumOf(own.map((row) => row.cost_nano_usd)), group[0]);
      }
    });

    test('a tight budget is used up and never passed', () => {
      const [pool] = pools.filter(({ id }) => id === 'tenant/tight/day');
      const limit = Math.round(tightDaily * 1e9);
      assert.ok(pool.used <= limit, `${pool.used} of ${limit}`);
      assert.ok(
        clients.of('refused').some(({ status, tenant }) => status === 429 && tenant === 'tight'),
        'nobody was refused',
      );
    });
  });
}
