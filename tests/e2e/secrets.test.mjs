// Keys and the words of people stand in no log, no metric and no error.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { shapes } from './lib/gateway.mjs';
import { chatBody, get, post, responsesBody } from './lib/http.mjs';
import { exchangeRaw, headOf } from './lib/raw.mjs';
import { providerKey, World } from './lib/setup.mjs';

const clientKey = 'wl_canary_client_key_7c1f';
const wrongKey = 'canary-wrong-key-93ab';
const prompt = 'canary-prompt-5d20';
const canaries = {
  "the client's key": clientKey,
  'a wrong key': wrongKey,
  "the provider's key": providerKey('openai'),
  "the native provider's key": providerKey('native'),
  'the prompt': prompt,
};
const models = Object.fromEntries(
  ['hello', 'fault-401', 'fault-404', 'fault-500', 'fault-reset', 'fault-drop', 'fault-key-event'].map((name) => [
    name,
    `openai/${name}`,
  ]),
);
models['native-401'] = 'native/fault-401';
models['native-key-event'] = 'native/fault-key-event';

// An answer that breaks off tells nothing more than the error's text.
const tolerant = (answer) => answer.catch((error) => ({ headers: {}, text: error.message }));

// Every way to fail that is likely to tell too much; resolves to all that the client was told.
async function provoke({ gateway }) {
  const told = [];
  const bodies = {
    '/v1/responses': (model) => responsesBody(model, { input: prompt }),
    '/v1/chat/completions': (model) => chatBody(model, { messages: [{ role: 'user', content: prompt }] }),
  };
  for (const [path, body] of Object.entries(bodies)) {
    for (const model of [...Object.keys(models), 'nobody']) {
      for (const stream of [false, true]) told.push(await tolerant(post(gateway, path, { ...body(model), stream })));
    }
    told.push(await post(gateway, path, body('hello'), { key: wrongKey }));
    told.push(await post(gateway, path, `{"input":"${prompt}",`));
    told.push(await post(gateway, path, { ...body('hello'), model: { odd: prompt } }));
  }
  told.push(
    await get(gateway, `/v1/models/x?key=${wrongKey}`),
    await get(gateway, `/v1/models?api_key=${clientKey}`, { key: undefined }),
  );
  const ambiguous = headOf('GET', '/v1/models', clientKey, 'Content-Length: 1', 'Transfer-Encoding: chunked');
  told.push(...(await exchangeRaw(gateway.port, `${ambiguous}\r\n`)));
  return told.map((answer) => JSON.stringify(answer.headers) + answer.text);
}

for (const shape of shapes) {
  describe(`secrets, ${shape}`, () => {
    let world;
    let places;
    before(async () => {
      world = await World.start({ shape, native: true, models, key: clientKey });
      const { gateway } = world;
      places = { answers: (await provoke(world)).join('\n') };
      for (const service of ['gateway', 'auth', 'router', 'provider'])
        places[`metrics of ${service}`] = (await gateway.admin('/metrics', service)).text;
      places['a printed configuration'] = (await gateway.cli('config', 'print', '--config', gateway.configFile)).stdout;
      await Promise.all(Object.values(gateway.programs).map((program) => program.stop()));
      places.logs = gateway.logs;
    });
    after(() => world?.stop());

    for (const [name, secret] of Object.entries(canaries)) {
      test(`${name} is nowhere`, () => {
        const leaks = Object.entries(places)
          .map(([place, text]) => ({ place, text, at: text.indexOf(secret) }))
          .filter(({ at }) => at >= 0)
          .map(({ place, text, at }) => `in ${place}: …${text.slice(Math.max(0, at - 160), at + 60)}`);
        assert.deepEqual(leaks, []);
      });
    }

    test('a key that a provider quotes within a stream is hidden, and the rest is told', () =>
      assert.match(places.answers, /This key may not do so: Bearer \[hidden key\]/));
    test('the logs say what happened nevertheless', () => assert.match(places.logs, /"request_id"/));
  });
}
