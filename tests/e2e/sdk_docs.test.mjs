// The code of docs/clients.md, run as it stands there.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { blocksOf, filledIn } from './lib/agents_docs.mjs';
import { suiteDir } from './lib/env.mjs';
import { helloText } from './lib/sdk_scripts.mjs';
import { ClientWorld } from './lib/sdk_world.mjs';

// Run from here, so that the packages are found.
const node = (code) => promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { cwd: suiteDir });

describe('the code in docs/clients.md', () => {
  let world;
  before(async () => (world = await ClientWorld.start({ servers: ['chat'], models: { greeter: 'chat/greets' } })));
  after(() => world?.stop());

  const said = async (heading) => {
    const [{ text }] = blocksOf(heading).filter(({ kind }) => kind === 'js');
    const { url, key } = world.gateway;
    return (await node(filledIn(text, { url, key, model: 'greeter' }))).stdout;
  };

  test('of the OpenAI SDK', async () => assert.equal(await said('OpenAI SDK'), `${helloText}\n${helloText}\n`));

  test('of the Anthropic SDK', async () =>
    assert.match(await said('Anthropic SDK'), new RegExp(`^${helloText}\n\\{ input_tokens: \\d+ \\}\n$`)));
});
