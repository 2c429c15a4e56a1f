// The first minute: the printed Codex block and the built-in model are enough.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { codexConfig, runCodex } from './lib/codex.mjs';
import { Gateway, shapes } from './lib/gateway.mjs';
import { get } from './lib/http.mjs';

const demoModel = 'demo';

for (const shape of shapes) {
  describe(`demo, ${shape}`, () => {
    let gateway;
    before(
      async () =>
        (gateway = await Gateway.start({
          shape,
          providers: { demo: { type: 'demo' } },
          models: { [demoModel]: { targets: ['demo/demo'] } },
        })),
    );
    after(() => gateway?.stop());

    test('the block that codex-config prints works as it is', async () => {
      const { stdout } = await gateway.cli('codex-config', '--config', gateway.configFile);
      const keyVariable = /env_key\s*=\s*"([^"]+)"/.exec(stdout)?.[1];
      assert.ok(keyVariable, `no env_key in:\n${stdout}`);

      const run = await runCodex({
        config: stdout,
        key: gateway.key,
        env: { [keyVariable]: gateway.key },
        args: ['-m', demoModel],
        prompt: 'Say hello',
      });

      assert.equal(run.code, 0, run.said);
      assert.match(run.lastMessage ?? '', /demo|scripted/i, 'the demo model says what it is');
      assert.doesNotMatch(run.said, /model metadata/i);
    });

    test('the catalogue satisfies Codex', async () => {
      const run = await runCodex({
        config: codexConfig({ gateway, model: demoModel, catalogue: true }),
        key: gateway.key,
        prompt: 'Say hello',
      });

      assert.equal(run.code, 0, run.said);
      assert.doesNotMatch(run.said, /model metadata|failed to (refresh|decode)/i);
      assert.equal(
        (await get(gateway, '/v1/models')).json.data.some((model) => model.id === demoModel),
        true,
      );
    });
  });
}
