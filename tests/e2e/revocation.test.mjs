// What is taken away is gone everywhere within a second, under load: a revoked key, a suspended tenant or user, a
// model, a limit; by the administration and by the file. Measured from the answer to the change until the last
// request that was begun later and taken nevertheless.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Fleet, twos } from './lib/fleet.mjs';
import { chatProvider } from './lib/gateway.mjs';
import { chatBody, get, post, stream, responsesBody } from './lib/http.mjs';
import { LedgerUpstream } from './lib/ledger_upstream.mjs';
import { atMost, sleep, until } from './lib/wait.mjs';

const promised = 1_000;
const quiet = 700; // so long after the last change must nothing more be taken
const because = 'Ask Ann for a new budget.';
const shapes = {
  'one process': { shape: 'serve' },
  'two gateways, three auth-services, PostgreSQL': { shape: 'fleet', replicas: { ...twos, auth: 3 }, database: true },
};

// Clients that ask through every door all the time, and when which answer came to what was begun when.
class Watch {
  constructor(doors, model = 'counted') {
    Object.assign(this, { doors, model, seen: [], over: false });
    this.agent = new http.Agent({ keepAlive: true });
    this.clients = Promise.all([...doors, ...doors].map((door) => this.client(door)));
  }

  async client(door) {
    while (!this.over) {
      const at = performance.now();
      const { status, text } = await post(door, '/v1/chat/completions', chatBody(this.model), { agent: this.agent });
      this.seen.push({ at, port: door.port, status, text });
      if (status !== 200) await sleep(5); // refusals are fast
    }
  }

  // Until something of each door was taken.
  async flowing(status = 200) {
    const from = this.seen.length;
    const wanted = 4 * this.doors.length;
    await until(
      () => this.seen.slice(from).filter((entry) => entry.status === status).length >= wanted,
      `${status} to flow`,
    );
  }

  // Makes the change; resolves to {ms, refusals}: how long after it something was still answered as before, and how
  // else.
  async measure(change, isNew) {
    await this.flowing();
    await change();
    const changed = performance.now();
    const late = () => this.seen.filter((entry) => entry.at > changed && !isNew(entry));
    const last = () => Math.max(0, ...late().map(({ at }) => at - changed));
    await until(
      () => {
        if (performance.now() - changed > last() + quiet) return true;
        const { port, status, text } = late().at(-1) ?? {};
        throw new Error(`${port} still says ${status} ${text?.slice(0, 200)}`);
      },
      'the change to arrive',
      atMost(promised),
    );
    return { ms: last(), answers: this.seen.filter((entry) => entry.at > changed && isNew(entry)) };
  }

  async stop() {
    this.over = true;
    await this.clients;
    this.agent.destroy();
  }
}

const errorOf = ({ text }) => JSON.parse(text).error;

for (const [name, options] of Object.entries(shapes)) {
  describe(`taken away, ${name}`, () => {
    let [fleet, upstream] = [];
    const limits = { concurrent: 1_000 };

    before(async () => {
      upstream = await new LedgerUpstream({ pace: 2 }).start();
      const models = { counted: { targets: ['books/counted'] }, other: { targets: ['books/counted'] } };
      const tenants = { research: { limits }, filed: { limits }, free: {} };
      const sections = { tenants, log: { level: 'warning' } };
      fleet = await Fleet.begin({ ...options, providers: { books: chatProvider(upstream) }, models, sections });
    });
    after(async () => {
      await fleet?.stop();
      await upstream?.stop();
    });

    // Under load by a key of that kind; resolves to the answers after the change.
    async function arrives(wanted, change, isNew) {
      const key = await fleet.newKey({ tenant: 'research', ...wanted });
      const watch = new Watch(fleet.doors(key.secret));
      try {
        const { ms, answers } = await watch.measure(() => change(key), isNew);
        console.log(`${name}: ${ms.toFixed(0)} ms`);
        assert.ok(ms <= atMost(promised), `something was taken ${ms} ms after it was taken away`);
        assert.ok(answers.length > 0, 'nobody asked afterwards');
        return { answers, watch, key };
      } finally {
        await watch.stop();
      }
    }

    // Without limits no reservation is made, so that nobody but the cache stands between the key and the model.
    for (const tenant of ['research', 'free']) {
      test(`a revoked key of the tenant ${tenant}`, async () => {
        const revoke = ({ id }) => fleet.desk.does('POST', `/keys/${id}/revoke`);
        const { answers } = await arrives({ tenant }, revoke, ({ status }) => status === 401);
        assert.ok(
          answers.every((answer) => errorOf(answer).code === 'invalid_api_key'),
          answers[0].text,
        );
      });
    }

    test('a suspended tenant, refused in words, and given back', async () => {
      await fleet.desk.does('POST', '/tenants', { name: 'club', terms: {} });
      const suspend = () => fleet.desk.does('POST', '/tenants/club/suspend', { because });
      const { answers, key } = await arrives({ tenant: 'club' }, suspend, ({ status }) => status === 403);
      const { code, message } = errorOf(answers.at(-1));
      assert.equal(code, 'tenant_suspended');
      assert.match(message, /The tenant club is suspended: Ask Ann for a new budget\./);
      await fleet.desk.does('POST', '/tenants/club/resume');
      for (const door of fleet.doors(key.secret))
        await until(
          async () => (await get(door, '/v1/models')).status === 200,
          'the rights to be back',
          atMost(promised),
        );
    });

    test('a suspended user, and nobody else', async () => {
      const other = await fleet.newKey({ tenant: 'research', user: 'eve' });
      const suspend = () => fleet.desk.does('POST', '/tenants/research/users/ada/suspend', { because: 'On leave.' });
      const { answers } = await arrives({ user: 'ada' }, suspend, ({ status }) => status === 403);
      assert.equal(errorOf(answers.at(-1)).code, 'user_suspended');
      for (const door of fleet.doors(other.secret)) assert.equal((await get(door, '/v1/models')).status, 200);
    });

    test('a model that a key may not use any more', async () => {
      const narrow = ({ id }) => fleet.desk.does('PATCH', `/keys/${id}`, { terms: { models: ['other'] } });
      const { answers, key } = await arrives({ tenant: 'free' }, narrow, ({ status }) => status !== 200);
      assert.ok(
        answers.every(({ status }) => status === 404 || status === 403),
        answers[0].text,
      );
      for (const door of fleet.doors(key.secret)) {
        const { json } = await get(door, '/v1/models');
        assert.deepEqual(
          json.data.map(({ id }) => id),
          ['other'],
        );
      }
    });

    test('a limit', async () => {
      const tighten = ({ id }) =>
        fleet.desk.does('PATCH', `/keys/${id}`, { terms: { limits: { requests_per_minute: 1 } } });
      const { answers } = await arrives({}, tighten, ({ status }) => status === 429);
      assert.equal(errorOf(answers.at(-1)).code, 'rate_limit_exceeded');
      assert.match(errorOf(answers.at(-1)).message, /1 requests a minute/);
    });

    test('a model that the file takes from a tenant, and a tenant that the file makes', async () => {
      const edit = () =>
        fleet.edit((config) => {
          config.tenants.filed.models = ['other'];
          config.tenants.made = { models: ['other'] };
        });
      const { answers } = await arrives({ tenant: 'filed' }, edit, ({ status }) => status !== 200);
      assert.ok(
        answers.every(({ status }) => status === 404 || status === 403),
        answers[0].text,
      );
      const made = async () => (await fleet.desk.tells('/tenants')).tenants.some((tenant) => tenant.name === 'made');
      await until(made, 'the tenant from the file', atMost(promised));
    });

    test('a stream that is on its way goes on, the next one does not begin', async () => {
      const key = await fleet.newKey({ tenant: 'research' });
      const [door] = fleet.doors(key.secret);
      const before = upstream.books.length;
      const running = stream(door, '/v1/responses', responsesBody('counted'));
      await until(() => upstream.books.length > before, 'the stream to begin');
      await fleet.desk.does('DELETE', `/keys/${key.id}`);
      const { events } = await running;
      assert.equal(events.at(-1).data.type, 'response.completed');
      await until(async () => (await get(door, '/v1/models')).status === 401, 'the key to be dead', atMost(promised));
    });
  });
}
