// Answers that break off after their first event, where targets continue: the next target goes on with the text, in the
// same stream.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertBroken, assertGood, FaultScene } from './lib/faults_scene.mjs';
import { shapes } from './lib/gateway.mjs';
import { goodText, halfText } from './lib/upstream_faults.mjs';

// `by`: who serves in the end. What breaks off before its first event is no answer that has begun: the target may be
// asked again, and the next one need not be one that continues.
const breaks = [
  { does: 'text-reset', delivered: halfText, asked: 1, by: 'next' },
  { does: 'text-quiet', delivered: halfText, asked: 1, by: 'next' },
  { does: 'head-reset', delivered: '', asked: 2, by: 'alien' },
  { does: 'head-quiet', delivered: '', asked: 1, by: 'alien' },
  { does: 'error-event', delivered: '', asked: 2, by: 'alien' },
];
const dialects = ['chat', 'responses'];
const every = dialects.flatMap((dialect) => breaks.map((row) => ({ ...row, dialect, name: `${dialect}-${row.does}` })));

const compatible = (upstream, dialect) => ({
  type: 'openai-compatible',
  dialect,
  base_url: `${upstream.url}/v1`,
  timeouts: { idle: '400ms' },
});
const providers = ({ sick, well }) => ({
  chat: compatible(sick, 'chat'),
  responses: compatible(sick, 'responses'),
  next: { ...compatible(well, 'chat'), timeouts: {} },
  alien: { ...compatible(well, 'chat'), timeouts: {} }, // not one that continues
});
const models = {
  ...Object.fromEntries(
    every.map(({ name, does, dialect }) => [
      name,
      [`${dialect}/${does}@${name}`, `alien/ok@alien-${name}`, `next/ok@next-${name}`],
    ]),
  ),
  'nobody-continues': ['chat/text-reset@nobody', 'alien/ok@nobody'],
  'the-next-fails': ['chat/text-reset@fails', 'next/500@fails'],
  'the-next-breaks': ['chat/text-reset@breaks', 'next/text-reset@breaks', 'next/ok@breaks'],
};
const targets = Object.fromEntries(['chat', 'responses', 'next'].map((name) => [`${name}/*`, { continue: true }]));

for (const shape of shapes) {
  describe(`answers that are carried on, ${shape}`, () => {
    let scene;
    before(async () => (scene = await FaultScene.start({ shape, providers, models, targets })));
    after(() => scene?.stop());
    const continued = (result) => scene.count('wayleave_gateway_continued_total', { result });

    for (const { name, does, delivered, asked, by } of every) {
      test(name, async () => {
        assertGood(await scene.ask(name), delivered + goodText);

        assert.equal(scene.sick.of(`${does}@${name}`).length, asked);
        const [exchange, ...more] = scene.well.exchanges.filter(({ model }) => model.endsWith(`-${name}`));
        assert.equal(exchange.model, `ok@${by}-${name}`);
        assert.equal(more.length, 0, 'further requests to the targets behind');
        const said = exchange.body.messages.filter(({ role }) => role === 'assistant').map(({ content }) => content);
        assert.deepEqual(said, delivered ? [delivered] : [], 'what the model is to go on from');
      });
    }

    test('nobody is left that continues: one failed response', async () => {
      assertBroken(await scene.ask('nobody-continues'), { code: 'server_error', text: halfText });
      assert.equal(scene.sick.of('text-reset@nobody').length, 1);
      assert.equal(scene.well.of('ok@nobody').length, 0);
    });

    test('the next one fails: one failed response, and no second request to it', async () => {
      const failed = await continued('failed');
      assertBroken(await scene.ask('the-next-fails'), { code: 'server_error', text: halfText });
      assert.equal(scene.sick.of('text-reset@fails').length, 1);
      assert.equal(scene.well.of('500@fails').length, 1);
      assert.equal(await continued('failed'), failed + 1);
    });

    test('the next one breaks off, too: a third one ends it', async () => {
      const before = await continued('continued');
      // The second one repeats what was said, and that is not said again.
      assertGood(await scene.ask('the-next-breaks'), halfText + goodText);
      assert.equal(scene.well.of('text-reset@breaks').length, 1);
      assert.equal(scene.well.of('ok@breaks').length, 1);
      assert.equal(await continued('continued'), before + 2);
    });
  });
}
