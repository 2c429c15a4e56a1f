// What the scripted model does, by its name. A script gets a Turn (see turn.mjs) and, if its name ends in a number,
// the number. The same scripts run on every kind of server.
import { codexScripts } from './codex_scripts.mjs';
import { nativeEndings } from './native_endings.mjs';
import { finalText, heredoc, patch } from './patches.mjs';
import { DocumentTurn, StreamTurn } from './turn.mjs';
import { sleep } from './wait.mjs';

export { finalText, heredoc, patch, patchedFiles } from './patches.mjs';

const call = (id, name, args) => ({ id, name, arguments: args });
const patchCalls = {
  heredoc: (id) => call(id, 'exec_command', { cmd: heredoc }),
  freeform: (id) => ({ id, name: 'apply_patch', input: patch }),
  undeclared: (id) => call(id, 'apply_patch', { command: ['apply_patch', patch] }),
};
const firstWords = 'I make the file and look where I am.';

// Shell commands (two at once), a patch, a last word.
async function agent(turn, way) {
  const { answers } = turn.seen;
  const declared = turn.seen.declares('apply_patch');
  turn.expect(declared === (way === 'freeform'), `apply_patch ${declared ? 'is' : 'is not'} declared for ${way}`);
  if (answers.length === 0) return makeFiles(turn);
  if (!answers.some(({ text }) => /Success\. Updated/.test(text))) return patchFiles(turn, way);
  await turn.think('Finished.');
  await turn.say(finalText);
  return turn.finish('stop');
}

async function makeFiles(turn) {
  await turn.think('The shell makes the first file.');
  await turn.say(`${firstWords}\n`);
  await turn.call([
    call('call_a1', 'exec_command', { cmd: "echo 'hello from the shell' > hello.txt" }),
    call('call_a2', 'exec_command', { cmd: 'echo "here: $PWD"' }),
  ]);
}

async function patchFiles(turn, way) {
  const { answers, said } = turn.seen;
  turn.expect(answers.length === 2 && /here: /.test(answers[1].text), 'the answers of both shell commands came back');
  turn.expect(
    said.some((text) => text.includes(firstWords)),
    "the assistant's own text came back",
  );
  await turn.think('Now the patch.');
  await turn.call([patchCalls[way]('call_b1')]);
}

async function paced(turn, chunks, pause = 50) {
  for (let n = 0; n < chunks && turn.open; n++) {
    turn.write(turn.piece(`word${n} `));
    await sleep(pause);
  }
  if (turn.open) await turn.finish('stop');
}

// As much as the reader takes, up to `megabytes`, and no more than that in this process's own memory.
async function flood(turn, megabytes) {
  const words = 'x'.repeat(16_000);
  for (let sent = 0; sent < megabytes * 1e6 && turn.open; sent += words.length)
    await turn.writeAndDrain(turn.piece(words));
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
    await turn.call(
      turn.seen.tools.map(({ name, namespace }, n) => ({
        ...call(`call_${n}`, name, { input: `value ${n}` }),
        namespace,
      })),
    );
  },
  // A number of words, 50 ms apart.
  paced,
  endless: (turn) => paced(turn, Infinity, 20),
  // Words until the server lets go of it (`letGo` in upstream.mjs).
  held: async (turn, pause = 50) => {
    for (let n = 0; turn.open && !turn.exchange.letGo; n++) {
      turn.write(turn.piece(`word${n} `));
      await sleep(pause);
    }
    if (turn.open) await turn.finish('stop');
  },
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

  'fault-404': (turn) => turn.refuse('not-found'),
  'fault-context': (turn) => turn.refuse('context'),
  'fault-too-long': (turn) => turn.refuse('context'),
  'fault-401': (turn) => turn.refuse('key'),
  'fault-403': (turn) => turn.refuse('denied'),
  'fault-400': (turn) => turn.refuse('bad'),
  'fault-policy': (turn) => turn.refuse('policy'),
  'fault-429': (turn) => turn.refuse('rate'),
  'fault-429-bare': (turn) => turn.refuse('rate-bare'),
  'fault-quota': (turn) => turn.refuse('quota'),
  'fault-500': (turn) => turn.refuse('server'),
  'fault-busy': (turn) => turn.refuse('busy'),
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
    turn.fail('CUDA out of memory');
  },
  'fault-key-event': async (turn) => {
    const { authorization, 'x-api-key': key } = turn.exchange.req.headers;
    await turn.say('Some text ');
    turn.fail(`This key may not do so: ${authorization ?? key}`);
  },
  'fault-length': async (turn) => {
    await turn.say('Cut off te');
    await turn.finish('length');
  },
  // Calls that are not whole: they must not be executed.
  'fault-length-calls': async (turn) => {
    await turn.say('Cut off in a call');
    await turn.call(
      [{ id: 'call_cut', name: turn.seen.tools[0]?.name ?? 'f', arguments: '{"cmd":"touch cut-o' }],
      'length',
    );
  },
  'fault-filter': async (turn) => {
    await turn.say('Bad ');
    await turn.finish('content_filter');
  },
  // A call with arguments that are no JSON, although nothing was cut; then a word, so that the session goes on.
  'fault-arguments': async (turn) => {
    if (turn.seen.answers.length === 0)
      return turn.call([call('call_broken', 'exec_command', '{"cmd": "echo broken"')]);
    await turn.say('And on it goes.');
    await turn.finish('stop');
  },
  // A whole answer whose ending breaks a rule (see native_endings.mjs).
  ...Object.fromEntries(
    Object.keys(nativeEndings).map((ending) => [
      `fault-${ending}`,
      async (turn) => {
        await turn.say('Odd, but an answer.');
        await turn.finish(ending);
      },
    ]),
  ),
  'fault-odd-call': async (turn) => {
    const { answers } = turn.seen;
    if (answers.length === 0) return turn.finish('odd-call');
    turn.expect(/odd-call/.test(answers[0].text), `the call was executed: ${answers[0].text}`);
    await turn.say('And on it goes.');
    await turn.finish('stop');
  },
  'fault-empty': (turn) => turn.finish('stop'),
  // 200, and then what no client asked for.
  'fault-html': (turn) => turn.reply(200, { 'content-type': 'text/html' }, '<html><body>Log in</body></html>'),
  'fault-200-error': (turn) =>
    turn.reply(
      200,
      { 'content-type': 'application/json' },
      '{"error":{"message":"no GPU left","type":"x","code":null}}',
    ),
  'fault-nothing': (turn) => turn.reply(200, { 'content-type': turn.wire.contentType }, ''),
};

const tables = [scripts, codexScripts];

// `name` or `name-<number>`; behind an @ may stand anything, so that several models can run one script.
export function scriptOf(model) {
  const base = model?.split('@')[0];
  for (const table of tables) {
    if (table[base]) return table[base];
    const [, name, number] = /^(.*)-(\d+)$/.exec(base) ?? [];
    if (table[name]) return (turn) => table[name](turn, Number(number));
  }
  return undefined;
}

// Runs the script that the exchange's model names, or another.
export async function play(
  exchange,
  wire,
  refuse,
  script = scriptOf(exchange.model),
  streaming = exchange.body.stream,
) {
  if (!script) {
    exchange.violations.push(`there is no script ${exchange.model}`);
    return refuse();
  }
  await script(streaming ? new StreamTurn(exchange, wire) : new DocumentTurn(exchange, wire));
}
