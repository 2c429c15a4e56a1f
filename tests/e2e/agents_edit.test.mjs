// Other coding agents do a small job through the gateway: they read a file and edit it with their own tools.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as job from './lib/agents_programs.mjs';
import { lastWords } from './lib/agents_scripts.mjs';
import { shapes } from './lib/gateway.mjs';
import { ClientWorld } from './lib/sdk_world.mjs';

// `open` and `chat` know Chat Completions only; `chat`, which sees what the gateway made of a request, is picky.
const cases = {
  opencode: ['open', 'responses', 'messages', 'ollama'],
  qwen: ['open', 'responses', 'messages', 'ollama'],
  claude: ['chat', 'thinks', 'responses', 'messages', 'ollama'],
};
const servers = [...new Set(Object.values(cases).flat())];
const modelOf = (server) => `edits-on-${server}`;

for (const shape of shapes) {
  describe(`other agents, ${shape}`, () => {
    let world;
    before(async () => {
      const models = Object.fromEntries(servers.map((server) => [modelOf(server), `${server}/edits-file`]));
      world = await ClientWorld.start({ shape, servers, models });
    });
    after(() => world?.stop());

    for (const [agent, server] of Object.entries(cases).flatMap(([name, list]) => list.map((kind) => [name, kind]))) {
      test(`${agent} edits a file with a model behind ${server}`, async () => {
        const upstream = world.upstreams[server];
        const earlier = upstream.exchanges.length;

        const run = await job.runAgent(agent, { gateway: world.gateway, model: modelOf(server) });

        assert.equal(run.code, 0, run.said);
        assert.equal(run.words, job.after, run.said);
        assert.ok(run.stdout.includes(lastWords), run.said);
        assert.deepEqual(run.outside, [], 'hosts besides the gateway');
        const exchanges = upstream.exchanges.slice(earlier);
        assert.deepEqual(
          exchanges.flatMap((exchange) => exchange.violations),
          [],
        );
        assert.ok(exchanges.length >= 3, `${exchanges.length} requests`);
      });
    }
  });
}
