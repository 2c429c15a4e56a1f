// The official OpenAI SDK: models and embeddings.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { shapes } from './lib/gateway.mjs';
import { vectorOf } from './lib/sdk_upstreams.mjs';
import { ClientWorld } from './lib/sdk_world.mjs';

const servers = ['open', 'native', 'ollama', 'messages'];
const models = {
  'team/coder:7b': 'open/greets',
  'embed-open': 'open/embedder',
  'embed-native': 'native/embedder',
  'embed-ollama': 'ollama/embedder',
  'embed-messages': 'messages/embedder',
};
const texts = ['alpha', 'a longer text'];

// Little-endian floats, whatever the alignment of the decoded bytes.
function floats(value) {
  if (typeof value !== 'string') return [...value];
  const bytes = Buffer.from(value, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, n) => bytes.readFloatLE(4 * n));
}

function assertClose(actual, expected) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, n) => assert.ok(Math.abs(value - expected[n]) < 1e-6, `${value} is not ${expected[n]}`));
}

for (const shape of shapes) {
  describe(`OpenAI SDK, models and embeddings, ${shape}`, () => {
    let world;
    let client;
    before(async () => {
      world = await ClientWorld.start({ shape, servers, models });
      client = new OpenAI({ baseURL: `${world.gateway.url}/v1`, apiKey: world.gateway.key, maxRetries: 0 });
    });
    after(() => world?.stop());

    test('models are listed', async () => {
      const ids = [];
      for await (const model of client.models.list()) ids.push(model.id);

      for (const name of Object.keys(models)) assert.ok(ids.includes(name), `${name} in ${ids}`);
    });

    test('one model is told by its name, slash and colon included', async () => {
      const model = await client.models.retrieve('team/coder:7b');

      assert.equal(model.id, 'team/coder:7b');
      assert.equal(model.object, 'model');
    });

    test('a model that does not exist is a NotFoundError', async () => {
      await assert.rejects(client.models.retrieve('no-such-model'), OpenAI.NotFoundError);
    });

    for (const server of ['open', 'native', 'ollama']) {
      const vector = (text) => (server === 'ollama' ? world.upstreams.ollama.vectors(text)[0] : vectorOf(text));

      for (const [name, format] of [
        ['as the SDK likes it, in base64', undefined],
        ['as numbers', 'float'],
        ['as base64 text', 'base64'],
      ]) {
        test(`${server}: embeddings ${name}`, async () => {
          const answer = await client.embeddings.create({
            model: `embed-${server}`,
            input: texts,
            ...(format ? { encoding_format: format } : {}),
          });

          assert.deepEqual(
            answer.data.map((entry) => entry.index),
            [0, 1],
          );
          answer.data.forEach((entry, n) => {
            if (format) assert.equal(typeof entry.embedding === 'string', format === 'base64');
            assertClose(floats(entry.embedding), vector(texts[n]));
          });
          assert.ok(answer.usage.prompt_tokens > 0);
          assert.deepEqual(world.upstreams[server].violations, []);
        });
      }

      test(`${server}: an embedding of one text`, async () => {
        const answer = await client.embeddings.create({ model: `embed-${server}`, input: 'alpha' });

        assert.equal(answer.data.length, 1);
        assertClose([...answer.data[0].embedding], vector('alpha'));
      });
    }

    test('a provider that makes no embeddings is a BadRequestError that says so', async () => {
      const pending = client.embeddings.create({ model: 'embed-messages', input: 'alpha' });

      await assert.rejects(
        pending,
        (error) => error instanceof OpenAI.BadRequestError && /embedding/i.test(error.message),
      );
    });

    test('embeddings without an input are a BadRequestError', async () => {
      await assert.rejects(client.embeddings.create({ model: 'embed-open' }), OpenAI.BadRequestError);
    });
  });
}
