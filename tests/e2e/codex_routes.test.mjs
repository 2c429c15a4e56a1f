// Sessions of the real Codex CLI while the gateway's rules and providers change under them: its user types each prompt
// once and changes no configuration.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { codexConfig, CodexHome, execCodex } from './lib/codex.mjs';
import { CodexApp } from './lib/codex_app.mjs';
import { shapes } from './lib/gateway.mjs';
import { finalText, patchedFiles } from './lib/scripts.mjs';
import { World } from './lib/setup.mjs';
import { until } from './lib/wait.mjs';

const greeting = 'Hello from the scripted model.';

// The server is gone for good once it has answered (or begun to answer) its first request.
function diesAfterOne(upstream) {
  const answer = upstream.answer.bind(upstream);
  upstream.answer = async (exchange) => {
    await answer(exchange);
    if (exchange.method === 'POST') await upstream.stop();
  };
}

async function inHome(world, model, play, options = {}) {
  const home = new CodexHome({ config: codexConfig({ gateway: world.gateway, model, catalogue: true, ...options }) });
  try {
    return await play(home);
  } finally {
    home.remove();
  }
}

const session = (world, model, play) =>
  inHome(world, model, async (home) => {
    const app = await CodexApp.start(home, { key: world.gateway.key });
    try {
      await play(app);
    } finally {
      await app.stop();
    }
  });

async function says(app, text, expected = greeting) {
  const { status, error, text: said } = await app.turn(text);
  assert.equal(status, 'completed', JSON.stringify(error));
  assert.equal(said, expected);
}

// Starts a server again that was stopped, at its old address.
const comeBack = (upstream) => new Promise((resolve) => upstream.server.listen(upstream.port, '127.0.0.1', resolve));

const lists = async (app, name) => (await app.ask('model/list', {})).data.some((model) => model.id === name);
const asked = (world) => Object.values(world.upstreams).map(({ exchanges }) => exchanges.length);

async function reloaded(gateway, change) {
  const times = () => gateway.metric('router', 'wayleave_config_reloads_total', { result: 'ok' });
  const before = await times();
  gateway.edit(change);
  await until(async () => (await times()) > before, 'the file to be read');
}

const inTokyo = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Tokyo', hour: '2-digit', minute: '2-digit' });
const minute = 60_000;
const decisionAge = 1_500; // for a second, the gateway uses a decision again
// The first full minute that leaves Codex time for a turn before it.
const nextMinute = () => Math.ceil((Date.now() + 25_000) / minute) * minute;

for (const shape of shapes) {
  describe(`a provider dies under Codex, ${shape}`, () => {
    const models = { text: { targets: ['openai/fault-reset', 'ollama/hello'] } };
    let world;
    before(async () => {
      world = await World.start({ shape, styles: ['openai', 'ollama'], models });
      diesAfterOne(world.upstreams.openai);
    });
    after(() => world?.stop());

    test('in the middle of a text, and then between two turns', () =>
      session(world, 'text', async (app) => {
        await says(app, 'Say hello');
        assert.deepEqual(asked(world), [1, 1]);
        await says(app, 'Once more');
        assert.deepEqual(asked(world), [1, 2]);
        assert.deepEqual(world.violations, []);
      }));
  });

  describe(`a provider dies under a job, ${shape}`, () => {
    const models = { job: { targets: ['openai/agent-freeform', 'ollama/agent-freeform'], context_window: 32768 } };
    let world;
    before(async () => {
      world = await World.start({ shape, styles: ['openai', 'ollama'], models });
      diesAfterOne(world.upstreams.openai);
    });
    after(() => world?.stop());

    test('between a call and its answer: the other one goes on with what was done', () =>
      inHome(world, 'job', async (home) => {
        const run = await execCodex(home, { key: world.gateway.key });
        assert.equal(run.code, 0, run.said);
        assert.equal(run.lastMessage, finalText);
        assert.deepEqual(run.files, patchedFiles);
        assert.deepEqual(asked(world), [1, 2]);
        assert.deepEqual(world.violations, []);
      }));
  });

  describe(`the only provider is away for a while, ${shape}`, () => {
    let world;
    before(async () => (world = await World.start({ shape, models: { work: 'openai/hello' } })));
    after(() => world?.stop());

    test('Codex, with its own settings, waits for it', () =>
      inHome(world, 'work', async (home) => {
        const { gateway, upstreams } = world;
        const refused = () => gateway.metric('router', 'wayleave_router_no_healthy_target_total');
        await upstreams.openai.stop();
        const running = execCodex(home, { key: gateway.key });
        await until(async () => (await refused()) > 0, 'the circuit to open');
        await comeBack(upstreams.openai);
        const run = await running;
        assert.equal(run.code, 0, run.said);
        assert.equal(run.lastMessage, greeting);
        assert.deepEqual(asked(world), [1]);
      }));
  });

  describe(`rules change under Codex, ${shape}`, () => {
    let world;
    before(async () => {
      const models = { work: { targets: ['openai/hello'] } };
      world = await World.start({ shape, styles: ['openai', 'ollama'], models });
    });
    after(() => world?.stop());

    test('the night begins between two turns', async () => {
      const start = nextMinute();
      const hours = `${inTokyo.format(start)}-${inTokyo.format(start + 120 * minute)}`;
      const night = { name: 'night', when: { hours, timezone: 'Asia/Tokyo', model: 'wo*' }, use: ['ollama/hello'] };
      await reloaded(world.gateway, (config) => (config.routes = [night]));
      await session(world, 'work', async (app) => {
        await says(app, 'By day');
        assert.deepEqual(asked(world), [1, 0]);
        assert.ok(Date.now() < start, 'the turn took too long for this test');
        await until(() => Date.now() > start + decisionAge, 'the night', 100_000);
        await says(app, 'By night');
        assert.deepEqual(asked(world), [1, 1]);
      });
      assert.deepEqual(world.violations, []);
    });

    test('a model that is written into the file is in the picker when Codex starts anew, and answers', async () => {
      await session(world, 'work', async (app) => assert.equal(await lists(app, 'added'), false));
      await reloaded(world.gateway, ({ models }) => (models.added = { targets: ['ollama/hello'] }));
      await session(world, 'work', async (app) => assert.equal(await lists(app, 'added'), true));
      await session(world, 'added', (app) => says(app, 'Hello'));
    });

    test('`auto` chooses by accuracy, `auto:cost` by price', async () => {
      await reloaded(world.gateway, (config) => {
        const both = ['openai/hello', 'ollama/hello'];
        config.models.auto = { prefer: 'accuracy', targets: both };
        config.targets = { [both[0]]: { accuracy: 90 }, [both[1]]: { accuracy: 50 } };
        config.prices = { [both[0]]: { input: 2, output: 8 }, [both[1]]: { input: 1, output: 4 } };
      });
      for (const [model, change] of Object.entries({ auto: [1, 0], 'auto:accuracy': [1, 0], 'auto:cost': [0, 1] })) {
        const before = asked(world);
        await session(world, model, (app) => says(app, 'Hello'));
        assert.deepEqual(asked(world), before.map((count, n) => count + change[n]), model);
      }
    });
  });
}
