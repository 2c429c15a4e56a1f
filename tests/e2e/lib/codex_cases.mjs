// What the real Codex CLI has to manage, in which cases on which kinds of model server: the rows of the table in
// docs/codex.md. `run` gets a Scene and throws when something is not as it should be.
import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { redPng } from './images.mjs';
import { finalText, patchedFiles } from './patches.mjs';
import { kinds } from './setup.mjs';
import { until } from './wait.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const mcpServer = `[mcp_servers.demo]\ncommand = ${JSON.stringify(process.execPath)}\nargs = [${JSON.stringify(path.join(here, 'mcp_server.mjs'))}]\n`;
const translated = kinds.filter((kind) => kind !== 'native');
const bigWindow = 131_072;
const smallWindow = 32_768;

async function says(scene, expected, options) {
  const run = await scene.exec(options);
  assert.equal(run.code, 0, run.said);
  if (expected instanceof RegExp) assert.match(run.lastMessage ?? '', expected, run.said);
  else assert.equal(run.lastMessage, expected, run.said);
  return run;
}

const agent = (options) => async (scene) => {
  const run = await says(scene, finalText, options);
  assert.deepEqual(run.files, patchedFiles);
  scene.requests(3);
};

const patchedAfter = (requests) => async (scene) => {
  const run = await says(scene, finalText, { catalogue: true });
  assert.deepEqual(run.files, patchedFiles);
  scene.requests(requests);
};

const lists = async (app, name) => {
  const { data } = await app.ask('model/list', {});
  return data.some((model) => model.id === name);
};

// A model that appears at the provider in mid-session: the next answer makes Codex read the list again.
async function refreshed(scene) {
  const fresh = `fresh-on-${scene.kind}`;
  const app = await scene.app({ catalogue: true });
  await app.turn('Hello');
  assert.equal(await lists(app, fresh), false);
  scene.upstream.pull(fresh);
  await until(() => scene.gatewayLists(fresh), 'the gateway to list the new model');
  assert.equal(await lists(app, fresh), false, 'Codex does not know yet');
  await app.turn('Hello again');
  await until(() => lists(app, fresh), 'Codex to list the new model');
}

async function interrupted(scene, head) {
  const app = await scene.app();
  assert.equal((await app.turn('Hello')).text, 'Here I am.');
  const turn = await app.begin('hang on');
  const exchange = await scene.arrived(2);
  if (head) await until(() => app.of('item/agentMessage/delta', turn).length, 'the first words');
  await app.interrupt(turn);
  const { status } = await app.ending(turn);
  assert.equal(status, 'interrupted');
  await until(() => exchange.closedAt, 'the upstream connection to close');
  assert.equal(exchange.early, true, 'the upstream was cancelled');
  assert.equal((await app.turn('Hello again')).text, 'Here I am.', 'a turn after it');
}

async function compacted(scene, config) {
  const app = await scene.app(config);
  assert.equal((await app.turn('I like blue.')).text, 'Nice to meet you.');
  const { status, error } = await app.compact();
  assert.equal(status, 'completed', JSON.stringify(error));
  assert.equal((await app.turn('What do you remember?')).text, 'You like blue.');
  scene.requests(3);
}

export const cases = [
  {
    name: 'shell',
    title: 'two shell commands at once, a patch by the shell',
    script: 'agent-heredoc',
    kinds,
    run: agent(),
  },
  {
    name: 'patch',
    title: '`apply_patch` as a tool of its own',
    script: 'agent-freeform',
    kinds,
    run: agent({ catalogue: true }),
  },
  {
    name: 'undeclared',
    title: '`apply_patch` called although it is not declared',
    script: 'agent-undeclared',
    kinds: translated,
    run: agent(),
  },
  {
    name: 'patch-cut',
    title: 'a patch in a fence and without its end: repaired',
    script: 'patch-cut',
    kinds: translated,
    run: patchedAfter(3),
  },
  {
    name: 'patch-nonsense',
    title: 'a patch that is none: the model is told, and does it right',
    script: 'patch-nonsense',
    kinds,
    run: patchedAfter(4),
  },
  {
    name: 'patch-elsewhere',
    title: 'a patch that does not fit the file: likewise',
    script: 'patch-elsewhere',
    kinds,
    run: patchedAfter(4),
  },
  {
    name: 'effort',
    title: 'reasoning effort high, reasoning replayed',
    script: 'agent-heredoc',
    kinds,
    run: agent({ top: 'model_reasoning_effort = "high"\n' }),
  },
  {
    name: 'effort-ultra',
    title: 'reasoning effort `ultra`, which no server knows',
    script: 'agent-heredoc',
    kinds,
    run: agent({ top: 'model_reasoning_effort = "ultra"\n' }),
  },
  {
    name: 'mcp',
    title: 'an MCP tool, in its namespace',
    script: 'mcp',
    kinds,
    run: async (scene) => {
      await says(scene, /^MCP said: .*the sum is 42/s, { extra: mcpServer });
      scene.requests(2);
    },
  },
  {
    name: 'search',
    title: '`tool_search`, then the tool that it found',
    script: 'search',
    kinds,
    run: async (scene) => {
      await says(scene, /^MCP said: .*the sum is 42/s, { extra: mcpServer, searching: true });
      scene.requests(3);
    },
  },
  {
    name: 'image',
    title: '`view_image`',
    script: 'image',
    kinds,
    run: async (scene) => {
      await says(scene, 'I saw 1 image.', { files: { 'red.png': redPng } });
      scene.requests(2);
    },
  },
  {
    name: 'attached',
    title: 'an image in the prompt',
    script: 'attached',
    kinds,
    run: async (scene) => {
      await says(scene, 'I saw 1 image.', { files: { 'red.png': redPng }, args: ['-i', 'red.png', '--'] });
    },
  },
  {
    name: 'code',
    title: 'code mode (a `gpt-6…` name)',
    script: 'code',
    prefix: 'gpt-6-astra-',
    kinds,
    run: async (scene) => {
      const run = await says(scene, 'The code has run.');
      assert.deepEqual(run.files, patchedFiles);
      scene.requests(3);
    },
  },
  {
    name: 'parallel',
    title: 'three calls at once, answered in order',
    script: 'parallel',
    kinds,
    run: async (scene) => {
      await says(scene, 'Answers: one, two, three.');
      scene.requests(2);
    },
  },
  {
    name: 'subagent',
    title: 'a sub-agent',
    script: 'subagent',
    kinds,
    run: async (scene) => {
      await says(scene, 'My agent reports: The cow says moo');
      scene.requests(4);
    },
  },
  {
    name: 'guardian',
    title: 'the approvals reviewer',
    script: 'guardian',
    kinds,
    run: async (scene) => {
      await says(scene, 'Reviewed: reviewed-command', { sandbox: ['--approve-for-me'] });
      scene.requests(3);
    },
  },
  {
    name: 'compact-local',
    title: 'compaction by Codex itself, and a turn after it',
    script: 'compact',
    kinds,
    run: (scene) => compacted(scene),
  },
  {
    name: 'compact-v2',
    title: 'compaction by the provider (v2), and a turn after it',
    script: 'compact',
    kinds,
    run: (scene) => compacted(scene, { extra: '[model_providers.gw.capabilities]\nremote_compaction = "v2"\n' }),
  },
  {
    name: 'auto-compact',
    title: 'compaction by itself when a 32 k window is full',
    script: 'fills',
    window: smallWindow,
    kinds,
    run: async (scene) => {
      await says(scene, 'Done, and I still know that you like blue.', { catalogue: true });
      scene.requests(3);
    },
  },
  {
    name: 'window',
    title: 'the true context window is shown',
    script: 'hello',
    window: smallWindow,
    kinds,
    run: async (scene) => {
      const app = await scene.app({ catalogue: true });
      const { usage } = await app.turn('Hello');
      assert.equal(usage.modelContextWindow, Math.floor(smallWindow * 0.95), '95 % of it is usable');
    },
  },
  {
    name: 'refresh',
    title: 'a new model in mid-session (`x-models-etag`)',
    script: 'hello',
    kinds,
    run: refreshed,
  },
  {
    name: 'schema',
    title: '`--output-schema`',
    script: 'structured',
    kinds,
    run: async (scene) => {
      const schema = {
        type: 'object',
        properties: { colour: { type: 'string' } },
        required: ['colour'],
        additionalProperties: false,
      };
      await says(scene, '{"colour":"blue"}', {
        files: { 'schema.json': JSON.stringify(schema) },
        args: ['--output-schema', 'schema.json'],
      });
    },
  },
  {
    name: 'resume',
    title: '`resume`',
    script: 'resume',
    kinds,
    run: async (scene) => {
      const home = scene.home();
      const first = await scene.execIn(home, { prompt: 'One' });
      assert.equal(first.lastMessage, 'First answer to you.', first.said);
      const second = await scene.execIn(home, { args: ['resume', first.thread], prompt: 'Two' });
      assert.equal(second.lastMessage, 'Before, I said: First answer to you.', second.said);
    },
  },
  {
    name: 'interrupt-before',
    title: 'interrupt while the headers are awaited',
    script: 'hangs-headless',
    kinds,
    run: (scene) => interrupted(scene, false),
  },
  {
    name: 'interrupt-midway',
    title: 'interrupt in mid-stream',
    script: 'hangs-midway',
    kinds,
    run: (scene) => interrupted(scene, true),
  },
];

export const windowOf = (entry) => entry.window ?? bigWindow;
