// A fault fires its alert, and no other. A real Prometheus evaluates the rules that we ship with windows a thirtieth as long,
// so that five minutes are ten seconds (lib/prometheus.mjs); thresholds are as they are.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AlertScene, faults } from './lib/alert_faults.mjs';
import { Gateway } from './lib/gateway.mjs';
import { ofTheMachine, Prometheus } from './lib/prometheus.mjs';

const speed = 30;
// Evaluations, one a second: as long as the longest window and `for` of an alert, 10m, and some.
const enough = 25;

async function play({ sections, replicas, tls, inject, alert, also = [] }, shape) {
  const scene = new AlertScene();
  try {
    scene.gateway = await Gateway.start(await scene.settings({ shape, replicas, sections, tls }));
    const prometheus = await Prometheus.start(scene.gateway, { speed });
    scene.prometheus = prometheus;
    await prometheus.until(async () => (await prometheus.looks()) > 2, 'Prometheus to have looked at all');
    await inject(scene);
    const expected = alert ? [alert, ...also] : [];
    await fires(prometheus, expected);
    const others = ofTheMachine.filter((name) => !expected.includes(name));
    const fired = Object.keys(await prometheus.fired()).filter((name) => !others.includes(name));
    assert.deepEqual(fired.sort(), expected.sort());
  } finally {
    await scene.stop();
  }
}

// Until all of them have fired for so long that whatever else the fault fires has fired, too.
async function fires(prometheus, names) {
  const from = await prometheus.looks();
  const done = async () => {
    if (names.length === 0) return (await prometheus.looks()) > from + 2 * enough;
    const fired = await prometheus.fired();
    return names.every((name) => fired[name] >= enough);
  };
  await prometheus.until(done, `${names} to fire`).catch(async (error) => {
    throw new Error(`${error.message}; fired: ${JSON.stringify(await prometheus.fired())}`);
  });
}

for (const shape of ['serve', 'fleet']) {
  describe(`alerts, ${shape}`, { concurrency: 4 }, () => {
    for (const fault of faults.filter(({ shapes }) => shapes.includes(shape)))
      test(`${fault.name}: ${fault.alert ?? 'no alert'}`, () => play(fault, shape));
  });
}
