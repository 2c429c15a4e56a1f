// Targets that fail in every way of lib/faults.mjs: the client has one good answer or one clean error, and each target
// gets exactly so many requests.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { documentFaults, faults } from './lib/faults.mjs';
import { assertBroken, assertGood, assertTold, FaultScene } from './lib/faults_scene.mjs';
import { shapes } from './lib/gateway.mjs';

const dialects = ['chat', 'responses'];
const wordsOf = (name) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
// provider -> its row, with the dialect in which it fails. Where no server speaks, one dialect says it.
const cases = (rows, kind) =>
  Object.fromEntries(
    rows.flatMap((row) =>
      (row.at ? ['chat'] : dialects).map((dialect) => [`${kind}-${wordsOf(row.name)}-${dialect}`, { row, dialect }]),
    ),
  );
const streams = cases(faults, 'stream');
const documents = cases(documentFaults, 'document');

const gaps = (list) => list.slice(1).map(({ at }, n) => at - list[n].at);
const isServer = ({ at }) => !at;

// What was counted while `run` ran.
async function counted(scene, provider, run) {
  const { row } = { ...streams, ...documents }[provider];
  const look = async () => ({
    requests: await scene.count('wayleave_provider_requests_total', { provider }, 'provider'),
    failed: await scene.count('wayleave_provider_errors_total', { provider, reason: row.reason }, 'provider'),
    retries: await scene.count('wayleave_gateway_retries_total', { provider }),
    fallbacks: await scene.count('wayleave_gateway_fallbacks_total', { provider }),
  });
  const before = await look();
  await run();
  const now = await look();
  return Object.fromEntries(Object.keys(now).map((key) => [key, now[key] - before[key]]));
}

function assertAsked(scene, row, model, requests) {
  if (!isServer(row)) return;
  const asked = scene.sick.of(model);
  assert.equal(asked.length, requests, `requests for ${model}`);
  if (row.apart) for (const gap of gaps(asked)) assert.ok(gap >= row.apart, `only ${gap} ms apart`);
}

function assertEnds(row, answer) {
  row.broken ? assertBroken(answer, row.broken) : assertTold(answer, row.told);
}

function declareRow(context, provider, { row }, streaming) {
  const retries = row.asked - 1;
  const ends = row.broken ?? row.final; // what the client has begun to hear, nobody else begins anew

  test(`${provider}: alone`, async () => {
    const { scene } = context;
    const counts = await counted(scene, provider, async () => {
      assertEnds(row, await scene.ask(`${provider}-alone`, streaming));
    });
    assertAsked(scene, row, `${row.does}@alone-${provider}`, row.asked);
    assert.deepEqual({ ...counts, failed: 0 }, { requests: row.asked, failed: 0, retries, fallbacks: 0 });
    if (row.reason) assert.equal(counts.failed, row.asked, `failures for ${row.reason}`);
  });

  test(`${provider}: before a target that is well`, async () => {
    const { scene } = context;
    const fallbacks = ends ? 0 : 1;
    const counts = await counted(scene, provider, async () => {
      const answer = await scene.ask(`${provider}-behind`, streaming);
      if (ends) return assertEnds(row, answer);
      assertGood(answer);
      const trail = new RegExp(`; tried ${provider}/\\S+( 2 times)?: ${row.told.status} ${row.told.code}`);
      assert.match(answer.headers['x-wayleave-route'], trail);
    });
    assertAsked(scene, row, `${row.does}@behind-${provider}`, row.asked);
    assert.equal(scene.well.of(`ok@${provider}`).length, fallbacks, 'requests to the good target');
    assert.deepEqual({ ...counts, failed: 0 }, { requests: row.asked, failed: 0, retries, fallbacks });
  });

  if (retries && isServer(row)) {
    test(`${provider}: once`, async () => {
      const { scene } = context;
      assertGood(await scene.ask(`${provider}-once`, streaming));
      assertAsked(scene, row, `${row.does}+ok@once-${provider}`, 2);
      assert.equal(scene.well.of(`ok@once-${provider}`).length, 0, 'requests to the other target');
    });
  }
}

for (const shape of shapes) {
  describe(`faults, ${shape}`, { concurrency: 8 }, () => {
    const context = {};
    before(async () => {
      context.scene = await FaultScene.start({ shape, rows: { ...streams, ...documents } });
      await context.scene.earnRepeats(90);
    });
    after(async () => {
      const exhausted = await context.scene?.count('wayleave_gateway_retry_budget_exhausted_total');
      await context.scene?.stop();
      assert.equal(exhausted, 0, 'the budget of repeats was used up: the counts say nothing');
    });

    for (const [provider, entry] of Object.entries(streams)) {
      describe(provider, { concurrency: 1 }, () => declareRow(context, provider, entry, true));
    }
    for (const [provider, entry] of Object.entries(documents)) {
      describe(provider, { concurrency: 1 }, () => declareRow(context, provider, entry, false));
    }
  });
}
