// The store of keys and money is away, or can't be written: who has no budget goes on, who has one goes on as long as
// what is leased lasts and is told to come again then; whatever was used meanwhile is on record afterwards, once.
// WAYLEAVE_E2E_OUTAGE says for how many seconds; 30 in a nightly run.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { makeReadOnly, makeWritable, SmallDisk, Writer } from './lib/disk.mjs';
import { twos } from './lib/fleet.mjs';
import { get } from './lib/http.mjs';
import { Scene } from './lib/outage_scene.mjs';

const slowest = 12_000; // ms for any answer, also while the database hangs

function goesOn(seen) {
  assert.ok(seen.length > 10, `${seen.length} requests are no load`);
  assert.deepEqual(seen.filter(({ status }) => status !== 200).slice(0, 3), []);
}

// While there is a lease, well; then in words, with a time to come again.
function runsDry(seen) {
  assert.ok(
    seen.some(({ status }) => status === 200),
    'the lease was of no use',
  );
  const refused = seen.filter(({ status }) => status !== 200);
  assert.ok(refused.length > 0, 'the lease never ended');
  for (const { status, error, retryAfter } of refused) {
    assert.deepEqual([status, error.code], [503, 'ledger_unavailable'], error.message);
    assert.ok(Number(retryAfter) >= 1, `retry-after ${retryAfter}`);
  }
}

const inTime = (seen) => assert.ok(Math.max(...seen.map(({ ms }) => ms)) < slowest, 'an answer took too long');

describe('PostgreSQL is away', () => {
  let scene;
  before(
    async () =>
      (scene = await Scene.start({ shape: 'fleet', replicas: { ...twos, router: 1, provider: 1 }, database: true })),
  );
  after(() => scene?.stop());

  for (const [how, begin, end] of [
    ['stopped', (postgres) => postgres.kill(), (postgres) => postgres.restart()],
    ['hangs', (postgres) => postgres.pause(), (postgres) => postgres.resume()],
  ]) {
    test(`it ${how}`, async () => {
      const { fleet, free } = scene;
      const { postgres } = fleet;
      const administration = async () => {
        const answer = await fleet.desk.call('POST', '/keys', { name: 'in vain' });
        assert.ok([503, 504].includes(answer.status), answer.text);
        for (const door of fleet.doors(free.secret)) assert.equal((await get(door, '/v1/models')).status, 200);
        for (const door of fleet.doors('wl_nobody')) assert.equal((await get(door, '/v1/models')).status, 401);
      };
      const seen = await scene.through(
        how,
        () => begin(postgres),
        () => end(postgres),
        { during: administration },
      );
      goesOn(seen.free);
      runsDry(seen.rich);
      inTime([...seen.free, ...seen.rich]);
    });
  }
});

describe('the state directory of one process', () => {
  let [scene, disk] = [];
  before(async () => {
    disk = new SmallDisk(48);
    scene = await Scene.start({ shape: 'serve', env: { WAYLEAVE_STATE_DIR: disk.dir }, sections: { gateway: {} } });
  });
  after(async () => {
    await scene?.stop();
    disk?.remove();
  });

  test('is full', async () => {
    const seen = await scene.through(
      'full',
      () => disk.fill(),
      () => disk.free(),
    );
    goesOn(seen.free);
    runsDry(seen.rich);
    inTime([...seen.free, ...seen.rich]);
  });

  test('is locked by another program', async () => {
    const writer = new Writer();
    const seen = await scene.through(
      'locked',
      () => writer.lock(disk.dir),
      () => writer.release(),
    );
    goesOn(seen.free);
    runsDry(seen.rich);
    inTime([...seen.free, ...seen.rich]);
  });
});

describe('the database file of one process', () => {
  let scene;
  before(async () => (scene = await Scene.start({ shape: 'serve' })));
  after(() => scene?.stop());

  test('may not be written any more', async () => {
    const { stateDir } = scene.fleet;
    const seen = await scene.through(
      'read-only',
      () => makeReadOnly(stateDir),
      () => makeWritable(stateDir),
    );
    goesOn(seen.free);
    runsDry(seen.rich);
    inTime([...seen.free, ...seen.rich]);
  });
});

describe("the gateway's journal", () => {
  let [scene, disk] = [];
  before(async () => {
    disk = new SmallDisk(48);
    scene = await Scene.start({ shape: 'fleet', sections: { gateway: { journal: { dir: disk.dir } } } });
  });
  after(async () => {
    await scene?.stop();
    disk?.remove();
  });

  test('has no space: requests go on, their records wait in memory', async () => {
    const seen = await scene.through(
      'journal',
      () => disk.fill(),
      () => disk.free(),
      { endsLeases: false },
    );
    goesOn(seen.free);
    goesOn(seen.rich);
    const failures = await scene.fleet.metric('gateway', 'wayleave_gateway_journal_errors_total', {
      operation: 'append',
    });
    assert.ok(failures > 0, 'the disk was not full');
    assert.equal(
      await scene.fleet.metric('gateway', 'wayleave_gateway_journal_errors_total', { operation: 'lost' }),
      0,
    );
  });
});
