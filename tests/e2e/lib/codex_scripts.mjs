// What the scripted model does in the cases that only Codex knows (see codex_cases.mjs). Each goes by what it sees.
import { finalText, patch } from './patches.mjs';
import { sleep } from './wait.mjs';

const call = (id, name, args, namespace) => ({ id, name, arguments: args, ...(namespace ? { namespace } : {}) });

async function lastWord(turn, text) {
  await turn.say(text);
  await turn.finish('stop');
}

const add = (id) => call(id, 'add', { a: 19, b: 23 }, 'mcp__demo');

async function mcp(turn) {
  const { answers } = turn.seen;
  turn.expect(turn.seen.declares('add', 'mcp__demo'), 'mcp__demo add is declared');
  if (answers.length) return lastWord(turn, `MCP said: ${answers[0].text}`);
  await turn.think('A sum.');
  await turn.call([add('call_m1')]);
}

// The tools of a server are hidden until they are searched for.
async function search(turn) {
  const { answers } = turn.seen;
  turn.expect(turn.seen.declares('tool_search'), 'tool_search is declared');
  turn.expect(turn.seen.declares('add', 'mcp__demo') === answers.length > 0, 'add is declared once it was found');
  if (answers.length === 0) return turn.call([call('call_s1', 'tool_search', { query: 'add two numbers', limit: 3 })]);
  if (answers.length === 1) return turn.call([add('call_s2')]);
  await lastWord(turn, `MCP said: ${answers[1].text}`);
}

async function image(turn) {
  const { answers, images } = turn.seen;
  if (answers.length === 0) return turn.call([call('call_i1', 'view_image', { path: 'red.png' })]);
  turn.expect(images === 1, `one image arrived, not ${images}`);
  await lastWord(turn, `I saw ${images} image.`);
}

async function attached(turn) {
  await lastWord(turn, `I saw ${turn.seen.images} image.`);
}

// Code mode: everything is JavaScript for one raw-text tool.
const javascript = [
  'const r = await tools.exec_command({cmd: "echo \'hello from the shell\' > hello.txt"}); text(JSON.stringify(r));',
  `const r = await tools.apply_patch(${JSON.stringify(patch)}); text(JSON.stringify(r));`,
];

async function code(turn) {
  const { answers } = turn.seen;
  turn.expect(turn.seen.declares('exec') || turn.seen.declares('exec', 'functions'), 'exec is declared');
  if (answers.length === javascript.length) return lastWord(turn, 'The code has run.');
  await turn.think('Some code.');
  await turn.call([{ id: `call_c${answers.length}`, name: 'exec', input: javascript[answers.length] }]);
}

// A patch that is not as it should be, after the file that it is for; then, if the model is told, the right one.
async function badPatch(turn, bad) {
  const { answers } = turn.seen;
  const last = answers.at(-1)?.text ?? '';
  if (answers.length === 0)
    return turn.call([call('call_b0', 'exec_command', { cmd: "echo 'hello from the shell' > hello.txt" })]);
  if (answers.length === 1) return turn.call([{ id: 'call_b1', name: 'apply_patch', input: bad }]);
  if (/Success\. Updated/.test(last)) return lastWord(turn, finalText);
  turn.expect(/patch/i.test(last), `the model is told what is wrong with its patch: ${last}`);
  await turn.call([{ id: `call_b${answers.length}`, name: 'apply_patch', input: patch }]);
}

// As models do it: in a fence of Markdown, and without the last line.
const cutPatch = `\`\`\`\n${patch.replace(/\n\*\*\* End Patch$/, '')}\n\`\`\``;
const nonsense = '--- a/hello.txt\n+++ b/hello.txt\n-hello\n';
const elsewhere = patch.replace('hello from the shell', 'a line that is not there');

const names = ['one', 'two', 'three'];

async function parallel(turn) {
  const { answers } = turn.seen;
  if (answers.length === 0) {
    await turn.say('Three at once.\n');
    return turn.call(names.map((name) => call(`call_p_${name}`, 'exec_command', { cmd: `echo answer-${name}` })));
  }
  const order = answers.map(({ text }) => /answer-(\w+)/.exec(text)?.[1]);
  await lastWord(turn, `Answers: ${order.join(', ')}.`);
}

// The parent starts a child, which runs the same script, waits for it and repeats what it said.
async function subagent(turn) {
  const { answers } = turn.seen;
  if (turn.seen.userSaid(/CHILD TASK/)) return lastWord(turn, 'The cow says moo.');
  if (answers.length === 0)
    return turn.call([
      call('call_spawn', 'spawn_agent', { message: 'CHILD TASK: what does the cow say?' }, 'multi_agent_v1'),
    ]);
  if (answers.length === 1) {
    const id = /"agent_id":\s*"([^"]+)"/.exec(answers[0].text)?.[1];
    turn.expect(id, `spawn_agent told an id: ${answers[0].text}`);
    return turn.call([call('call_wait', 'wait_agent', { targets: [id], timeout_ms: 20_000 }, 'multi_agent_v1')]);
  }
  await lastWord(turn, `My agent reports: ${/The cow says \w+/.exec(answers[1].text)?.[0]}`);
}

// A command outside the sandbox, which the reviewer, the same model, has to approve.
async function guardian(turn) {
  const { answers, schema } = turn.seen;
  if (schema) {
    turn.expect(schema.properties?.outcome, `the reviewer's schema has an outcome: ${JSON.stringify(schema)}`);
    return lastWord(
      turn,
      JSON.stringify({
        risk_level: 'low',
        user_authorization: 'high',
        outcome: 'allow',
        rationale: 'It only says hello.',
      }),
    );
  }
  if (answers.length) return lastWord(turn, `Reviewed: ${/reviewed-[a-z]+/.exec(answers[0].text)?.[0]}`);
  await turn.call([
    call('call_g1', 'exec_command', {
      cmd: 'echo reviewed-command',
      sandbox_permissions: 'require_escalated',
      justification: 'May I say hello outside the sandbox?',
    }),
  ]);
}

export const summaryText = 'SUMMARY: the user likes blue and lives in Ulm.';

// Whatever a client or the gateway asks for when it wants a conversation made short.
const wantsSummary = ({ compacting, asked }) => compacting || /CHECKPOINT COMPACTION|summary|summari[sz]e/i.test(asked);

async function summarise(turn) {
  if (!turn.seen.compacting) return lastWord(turn, summaryText);
  await turn.compaction(`sealed:${summaryText}`);
  await turn.finish('stop');
}

const remembers = ({ system, users, compacted = [] }) =>
  [system, ...users, ...compacted].some((text) => text.includes('the user likes blue'));

async function compact(turn) {
  if (wantsSummary(turn.seen) && !/What do you remember/.test(turn.seen.asked)) return summarise(turn);
  if (/What do you remember/.test(turn.seen.asked))
    return lastWord(turn, remembers(turn.seen) ? 'You like blue.' : 'I remember nothing.');
  await lastWord(turn, 'Nice to meet you.');
}

// For sessions that change providers: it thinks before it answers.
async function switched(turn) {
  if (turn.seen.compacting) return summarise(turn);
  await turn.think('Which colour?');
  await compact(turn);
}

// A tool call takes so many tokens that Codex has to make the conversation short in mid-turn.
async function fills(turn) {
  const { seen } = turn;
  if (remembers(seen)) return lastWord(turn, 'Done, and I still know that you like blue.');
  if (wantsSummary(seen)) return summarise(turn);
  turn.expect(seen.answers.length === 0, 'the conversation was made short before the next request');
  turn.spent({ input: 32_000, output: 500 });
  await turn.call([call('call_f1', 'exec_command', { cmd: 'echo a lot' })]);
}

async function structured(turn) {
  const { schema } = turn.seen;
  turn.expect(schema?.properties?.colour, `the schema arrived: ${JSON.stringify(schema)}`);
  await lastWord(turn, JSON.stringify({ colour: 'blue' }));
}

async function resume(turn) {
  const { said, users } = turn.seen;
  await lastWord(
    turn,
    said.length ? `Before, I said: ${said.at(-1)}` : `First answer to ${users.length ? 'you' : 'nobody'}.`,
  );
}

// Answers the first request of a session and then never again, so that it can be interrupted.
async function hangs(turn, head) {
  if (!/hang on\s*$/.test(turn.seen.asked)) return lastWord(turn, 'Here I am.');
  if (head) await turn.say('It begins ');
  while (turn.open) await sleep(20);
}

export const codexScripts = {
  mcp,
  search,
  image,
  attached,
  code,
  parallel,
  subagent,
  guardian,
  compact,
  switch: switched,
  fills,
  structured,
  'patch-cut': (turn) => badPatch(turn, cutPatch),
  'patch-nonsense': (turn) => badPatch(turn, nonsense),
  'patch-elsewhere': (turn) => badPatch(turn, elsewhere),
  resume,
  'hangs-headless': (turn) => hangs(turn, false),
  'hangs-midway': (turn) => hangs(turn, true),
};
