// A session of the real Codex CLI that changes providers in the middle: what one of them sealed no other can read, and
// OpenAI refuses it (see lib/upstream_responses.mjs). Over HTTP and over a WebSocket.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { codexConfig, CodexHome } from './lib/codex.mjs';
import { CodexApp } from './lib/codex_app.mjs';
import { World } from './lib/setup.mjs';

const ways = { HTTP: '', 'a WebSocket': 'supports_websockets = true\n' };
const top = 'model_reasoning_effort = "high"\n';
const compacts = '[model_providers.gw.capabilities]\nremote_compaction = "v2"\n';
const others = ['vllm', 'messages']; // both tell what the model thinks
const target = (provider) => `${provider}/switch@${provider}-claude-sonnet-4-5`;

async function session(world, model, extra, play) {
  const home = new CodexHome({ config: codexConfig({ gateway: world.gateway, model, top, extra }) });
  const app = await CodexApp.start(home, { key: world.gateway.key });
  try {
    await play(app);
    assert.deepEqual(world.violations, []);
  } finally {
    await app.stop();
    home.remove();
  }
}

async function says(app, text, expected, more) {
  const { status, error, text: said } = await app.turn(text, more);
  assert.equal(status, 'completed', JSON.stringify(error));
  assert.equal(said, expected);
}

async function compacted(app) {
  const { status, error } = await app.compact();
  assert.equal(status, 'completed', JSON.stringify(error));
}

const greeting = 'Nice to meet you.';
const reasoningIn = ({ body }) => body.input.filter((item) => item.type === 'reasoning');
const thoughts = (app) => app.of('item/completed').filter(({ params }) => params.item.type === 'reasoning');
const last = (world, provider) => world.upstreams[provider].exchanges.at(-1);

// Two turns of a model that has two providers; between them the first one goes away. Codex itself forgets reasoning when
// its user chooses another model, but knows nothing of this change.
async function losesItsProvider(extra, first, second, more) {
  const models = { both: { targets: [target(first), target(second)] } };
  const [styles, kinds] = [true, false].map((style) => [first, second].filter((name) => (name === 'vllm') === style));
  const world = await World.start({ styles, kinds, models });
  try {
    await session(world, 'both', extra, async (app) => {
      await says(app, 'I like blue.', greeting);
      assert.ok(thoughts(app).length > 0, 'the model thought');
      assert.equal(world.upstreams[second].exchanges.length, 0);
      await world.upstreams[first].stop();
      await says(app, 'And I live in Ulm.', greeting);
      await more(world, app);
    });
  } finally {
    await world.stop();
  }
}

for (const [way, extra] of Object.entries(ways)) {
  describe(`Codex is answered by another provider, over ${way}`, { concurrency: 2 }, () => {
    for (const other of others) {
      test(`reasoning of ${other} stays away from OpenAI`, () =>
        losesItsProvider(extra, other, 'native', async (world, app) => {
          assert.deepEqual(reasoningIn(last(world, 'native')), []);
          await says(app, 'That is all.', greeting);
          assert.equal(reasoningIn(last(world, 'native')).length, 1, 'its own comes back');
        }));

      test(`reasoning of OpenAI stays away from ${other}`, () =>
        losesItsProvider(extra, 'native', other, async (world) => {
          assert.doesNotMatch(last(world, other).raw.toString(), /opaque-/);
        }));
    }
  });

  describe(`Codex changes its model after a compaction, over ${way}`, () => {
    const models = { chat: target('chat'), native: target('native') };
    let world;
    before(async () => (world = await World.start({ styles: [], kinds: Object.keys(models), models })));
    after(() => world?.stop());

    test('a compaction on chat goes on at OpenAI as what it says', () =>
      session(world, 'chat', extra + compacts, async (app) => {
        await says(app, 'I like blue.', greeting);
        await compacted(app);
        await says(app, 'What do you remember?', 'You like blue.', { model: 'native' });
        assert.doesNotMatch(last(world, 'native').raw.toString(), /"compaction"/);
      }));

    test('a compaction at OpenAI does no harm elsewhere', () =>
      session(world, 'native', extra + compacts, async (app) => {
        await says(app, 'I like blue.', greeting);
        await compacted(app);
        await says(app, 'What do you remember?', 'You like blue.');
        await says(app, 'Hello again', greeting, { model: 'chat' });
        assert.doesNotMatch(last(world, 'chat').raw.toString(), /sealed/);
      }));
  });
}
