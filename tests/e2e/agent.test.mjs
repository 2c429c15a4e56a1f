// The real Codex CLI does a small job (two shell commands at once, a patch, a last word) through the gateway.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { finalText, patchedFiles } from './lib/scripts.mjs';
import { codexConfig, runCodex } from './lib/codex.mjs';
import { shapes } from './lib/gateway.mjs';
import { chatStyles, World } from './lib/setup.mjs';
import { usageRows } from './lib/state.mjs';
import { until } from './lib/wait.mjs';

const servers = [...chatStyles, 'native'];
const ways = ['heredoc', 'freeform'];
const models = Object.fromEntries([
  ...servers.flatMap((server) =>
    ways.map((way) => [`${server}-${way}`, { targets: [`${server}/agent-${way}`], context_window: 32768 }]),
  ),
  ['openai-undeclared', { targets: ['openai/agent-undeclared'], context_window: 32768 }],
]);

async function works(world, server, way) {
  const { gateway } = world;
  const model = `${server}-${way}`;
  const before = await gateway.metric('auth', 'wayleave_auth_settlements_total', { result: 'recorded' });

  const run = await runCodex({
    config: codexConfig({ gateway, model, catalogue: way === 'freeform' }),
    key: gateway.key,
  });

  assert.equal(run.code, 0, run.said);
  const exchanges = world.upstreams[server].of(`agent-${way}`);
  assert.deepEqual(
    exchanges.flatMap((exchange) => exchange.violations),
    [],
    'the upstream saw invalid requests',
  );
  assert.equal(exchanges.length, 3, 'requests at the upstream');
  assert.deepEqual(run.files, patchedFiles);
  assert.equal(run.lastMessage, finalText);
  await until(
    async () =>
      (await gateway.metric('auth', 'wayleave_auth_settlements_total', { result: 'recorded' })) === before + 3,
    'three recorded settlements',
  );
}

function checkTokens(gateway, model) {
  const rows = usageRows(gateway.stateDir).filter((row) => row.model === model);
  assert.equal(rows.length, 3);
  for (const row of rows) {
    assert.ok(row.input_tokens >= 1000, `input_tokens ${row.input_tokens}`);
    assert.ok(row.output_tokens > 0, `output_tokens ${row.output_tokens}`);
  }
}

for (const shape of shapes) {
  describe(`Codex, ${shape}`, () => {
    let world;
    before(async () => (world = await World.start({ shape, styles: chatStyles, native: true, models })));
    after(() => world?.stop());

    for (const server of servers) {
      for (const way of ways) {
        test(`works with ${server}, patch as ${way}`, async () => {
          await works(world, server, way);
          checkTokens(world.gateway, `${server}-${way}`);
        });
      }
    }

    test('is helped when the model calls apply_patch although it is not declared', () =>
      works(world, 'openai', 'undeclared'));
  });
}
