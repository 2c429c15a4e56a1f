// A session of the real Codex CLI that changes providers in the middle: what one of them sealed no other can read, and
// OpenAI refuses it (see lib/upstream_responses.mjs). Over HTTP and over a WebSocket.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { codexConfig, CodexHome } from './lib/codex.mjs';
import { CodexApp } from './lib/codex_app.mjs';
import { World } from './lib/setup.mjs';

const ways = { HTTP: '', 'a WebSocket': 'supports_websockets = true\n' };
const compacts = '[model_providers.gw.capabilities]\nremote_compaction = "v2"\n';
const providers = ['chat', 'messages', 'native'];
const models = Object.fromEntries(providers.map((name) => [name, `${name}/switch@${name}-claude-sonnet-4-5`]));

async function session(world, extra, play) {
  const home = new CodexHome({ config: codexConfig({ gateway: world.gateway, model: 'chat', extra }) });
  const app = await CodexApp.start(home, { key: world.gateway.key });
  try {
    await play(app);
    assert.deepEqual(world.violations, []);
  } finally {
    await app.stop();
    home.remove();
  }
}

async function says(app, model, text, expected) {
  const { status, error, text: said } = await app.turn(text, { model });
  assert.equal(status, 'completed', JSON.stringify(error));
  assert.equal(said, expected);
}

async function compacted(app) {
  const { status, error } = await app.compact();
  assert.equal(status, 'completed', JSON.stringify(error));
}

const lastInput = (world, provider) => world.upstreams[provider].exchanges.at(-1).body.input;
const ofType = (input, type) => input.filter((item) => item.type === type);

for (const [way, extra] of Object.entries(ways)) {
  describe(`Codex changes providers, over ${way}`, () => {
    let world;
    before(async () => (world = await World.start({ styles: [], kinds: providers, models })));
    after(() => world?.stop());

    for (const from of ['chat', 'messages']) {
      test(`reasoning of ${from} stays away from OpenAI, and OpenAI's from ${from}`, () =>
        session(world, extra, async (app) => {
          await says(app, from, 'I like blue.', 'Nice to meet you.');
          await says(app, 'native', 'And I live in Ulm.', 'Nice to meet you.');
          assert.deepEqual(ofType(lastInput(world, 'native'), 'reasoning'), []);
          await says(app, 'native', 'That is all.', 'Nice to meet you.');
          assert.equal(ofType(lastInput(world, 'native'), 'reasoning').length, 1, 'its own comes back');
          await says(app, from, 'Still there?', 'Nice to meet you.');
          assert.doesNotMatch(world.upstreams[from].exchanges.at(-1).raw.toString(), /opaque-/);
          await says(app, 'native', 'And you?', 'Nice to meet you.');
        }));
    }

    test('a compaction on chat goes on at OpenAI as what it says', () =>
      session(world, extra + compacts, async (app) => {
        await says(app, 'chat', 'I like blue.', 'Nice to meet you.');
        await compacted(app);
        await says(app, 'native', 'What do you remember?', 'You like blue.');
        assert.deepEqual(ofType(lastInput(world, 'native'), 'compaction'), []);
      }));

    test('a compaction at OpenAI does no harm elsewhere', () =>
      session(world, extra + compacts, async (app) => {
        await says(app, 'native', 'I like blue.', 'Nice to meet you.');
        await compacted(app);
        await says(app, 'native', 'What do you remember?', 'You like blue.');
        await says(app, 'chat', 'Hello again', 'Nice to meet you.');
        assert.doesNotMatch(world.upstreams.chat.exchanges.at(-1).raw.toString(), /sealed/);
      }));
  });
}
