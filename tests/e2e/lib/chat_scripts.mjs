// What the scripted model does, by its name: `name` or `name-<number>`. A script gets a Turn (see
// upstream_chat.mjs) and, for numbered ones, the number.
import { sleep } from './wait.mjs';

export const patch = [
  '*** Begin Patch',
  '*** Update File: hello.txt',
  '@@',
  '-hello from the shell',
  '+hello from the patch',
  '*** Add File: notes.txt',
  '+a "quoted" word, a \\ backslash, an ü and a 漢字',
  '*** End Patch',
].join('\n');
export const patchedFiles = {
  'hello.txt': 'hello from the patch\n',
  'notes.txt': 'a "quoted" word, a \\ backslash, an ü and a 漢字\n',
};
export const finalText = 'All done: hello.txt and notes.txt are in place.';
export const heredoc = `apply_patch <<'EOF'\n${patch}\nEOF`;

const call = (id, name, args) => ({ id, name, arguments: JSON.stringify(args) });
const patchCalls = {
  heredoc: (id) => call(id, 'exec_command', { cmd: heredoc }),
  freeform: (id) => call(id, 'apply_patch', { input: patch }),
  undeclared: (id) => call(id, 'apply_patch', { command: ['apply_patch', patch] }),
};

// Shell commands (two at once), a patch, a last word.
async function agent(turn, way) {
  const answers = turn.body.messages.filter((message) => message.role === 'tool');
  const declared = (turn.body.tools ?? []).some((tool) => tool.function?.name === 'apply_patch');
  turn.expect(declared === (way === 'freeform'), `apply_patch ${declared ? 'is' : 'is not'} declared for ${way}`);
  if (answers.length === 0) return makeFiles(turn);
  if (!answers.some((message) => /Success\. Updated/.test(message.content))) return patchFiles(turn, way, answers);
  await turn.think('Finished.');
  await turn.say(finalText);
  return turn.finish('stop');
}

async function makeFiles(turn) {
  await turn.think('The shell makes the first file.');
  await turn.say('I make the file and look where I am.\n');
  await turn.call([
    call('call_a1', 'exec_command', { cmd: "echo 'hello from the shell' > hello.txt" }),
    call('call_a2', 'exec_command', { cmd: 'echo "here: $PWD"' }),
  ]);
}

async function patchFiles(turn, way, answers) {
  turn.expect(
    answers.length === 2 && /here: /.test(answers[1].content),
    'the answers of both shell commands came back',
  );
  turn.expect(
    turn.body.messages.some(
      (message) =>
        message.content === 'I make the file and look where I am.\n' || /look where I am/.test(message.content ?? ''),
    ),
    "the assistant's own text came back",
  );
  await turn.think('Now the patch.');
  await turn.call([patchCalls[way]('call_b1')]);
}

const openAiError = (message, type, code) => JSON.stringify({ error: { message, type, param: null, code } });

async function refuse(turn, status, body, headers = {}) {
  turn.reply(status, { 'content-type': 'application/json', ...headers }, body);
}

async function paced(turn, chunks, pause = 50) {
  for (let n = 0; n < chunks && turn.open; n++) {
    turn.write(turn.phrase.chunk({ content: `word${n} ` }));
    await sleep(pause);
  }
  if (turn.open) await turn.finish('stop');
}

// As much as the reader takes, up to `megabytes`, and no more than that in this process's own memory.
async function flood(turn, megabytes) {
  const event = turn.phrase.chunk({ content: 'x'.repeat(16_000) });
  for (let sent = 0; sent < megabytes * 1e6 && turn.open; sent += event.length) await turn.writeAndDrain(event);
  if (turn.open) await turn.finish('stop');
}

async function waits(turn, ms) {
  let timer;
  await Promise.race([turn.closed, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}

export const scripts = {
  'agent-heredoc': (turn) => agent(turn, 'heredoc'),
  'agent-freeform': (turn) => agent(turn, 'freeform'),
  'agent-undeclared': (turn) => agent(turn, 'undeclared'),

  hello: async (turn) => {
    await turn.think('A greeting.');
    await turn.say('Hello from the scripted model.');
    await turn.finish('stop');
  },
  // Two calls in one answer, for clients that are not Codex.
  calls: async (turn) => {
    await turn.say('Two calls.');
    const names = turn.body.tools?.map((tool) => tool.function.name) ?? [];
    await turn.call(names.map((name, n) => call(`call_${n}`, name, { input: `value ${n}` })));
  },
  // A number of words, 50 ms apart.
  paced,
  endless: (turn) => paced(turn, Infinity, 20),
  flood,
  // The status at once, the first word late.
  silent: async (turn, ms) => {
    turn.head();
    await waits(turn, ms);
    if (!turn.open) return;
    await turn.say('late');
    await turn.finish('stop');
  },
  // Nothing at all for a while, not even a status.
  headless: async (turn, ms) => {
    await waits(turn, ms);
    if (!turn.open) return;
    await turn.say('very late');
    await turn.finish('stop');
  },

  'fault-404': (turn) =>
    refuse(turn, 404, openAiError('model "x" not found, try pulling it first', 'not_found_error', null)),
  'fault-context': (turn) =>
    refuse(
      turn,
      400,
      JSON.stringify({
        object: 'error',
        type: 'BadRequestError',
        param: null,
        code: 400,
        message: "This model's maximum context length is 32768 tokens. However, you requested 40000 tokens",
      }),
    ),
  // A provider that repeats the credential it was given.
  'fault-401': (turn) =>
    refuse(
      turn,
      401,
      openAiError(`Incorrect API key provided: ${turn.authorization}`, 'invalid_request_error', 'invalid_api_key'),
    ),
  'fault-429': (turn) =>
    refuse(turn, 429, openAiError('Rate limit reached', 'requests', 'rate_limit_exceeded'), { 'retry-after': '2' }),
  'fault-429-bare': (turn) => refuse(turn, 429, openAiError('Rate limit reached', 'requests', 'rate_limit_exceeded')),
  'fault-500': (turn) => refuse(turn, 500, openAiError('The server had an error', 'server_error', null)),
  'fault-502-html': (turn) => turn.reply(502, { 'content-type': 'text/html' }, '<html><body>Bad Gateway</body></html>'),
  'fault-drop': async (turn) => turn.destroy(),
  'fault-reset': async (turn) => {
    await turn.say('Some text ');
    turn.destroy();
  },
  'fault-eof': async (turn) => {
    await turn.say('Some text ');
    turn.end();
  },
  'fault-chunk': async (turn) => {
    await turn.say('Some text ');
    turn.write(turn.phrase.event({ error: { message: 'CUDA out of memory', type: 'server_error', code: 500 } }));
    turn.end();
  },
  'fault-length': async (turn) => {
    await turn.say('Cut off te');
    await turn.finish('length');
  },
  // Calls that are not whole: they must not be executed.
  'fault-length-calls': async (turn) => {
    await turn.say('Cut off in a call');
    await turn.call(
      [{ id: 'call_cut', name: turn.body.tools?.[0]?.function.name ?? 'f', arguments: '{"cmd":"touch cut-o' }],
      'length',
    );
  },
  'fault-filter': async (turn) => {
    await turn.say('Bad ');
    await turn.finish('content_filter');
  },
};

export function scriptOf(model) {
  if (scripts[model]) return (turn) => scripts[model](turn);
  const [, name, number] = /^(.*)-(\d+)$/.exec(model) ?? [];
  return scripts[name] && ((turn) => scripts[name](turn, Number(number)));
}
