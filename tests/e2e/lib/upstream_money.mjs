// A model server for tests of money and limits: three dialects on one port, the scripts below beside the usual ones,
// and a record of what each answer told of its tokens. Behind an @ in the model's name may stand anything.
import { chatWire } from './chat_styles.mjs';
import { nativeStyle, responsesWire } from './responses_wire.mjs';
import { scriptOf as usualScript } from './scripts.mjs';
import { DocumentTurn, StreamTurn } from './turn.mjs';
import { json, Upstream } from './upstream.mjs';
import { MessagesUpstream } from './upstream_messages.mjs';
import { sleep, until } from './wait.mjs';

export const answer = 'Hello from the scripted model.';
// What the gateway takes for sixteen tokens, where it must guess.
const words = 'word'.repeat(16);

// Cached and reasoning tokens are those that each wire tells of whatever it is made to spend.
const dialects = {
  '/v1/chat/completions': {
    wire: chatWire('openai'),
    told: ({ input, output }) => ({ input, cached: Math.min(1000, input), output, reasoning: Math.min(7, output) }),
    limit: ({ max_tokens: old, max_completion_tokens: most }) => most ?? old,
  },
  '/v1/responses': {
    wire: responsesWire({ ...nativeStyle, extra: undefined }), // the official SDK takes no event that it does not know
    told: ({ input, output }) => ({ input, cached: 0, output, reasoning: Math.min(5, output) }),
    limit: ({ max_output_tokens: most }) => most,
  },
  '/v1/messages': {
    wire: new MessagesUpstream().wire,
    told: ({ input, output }) => ({ input, cached: 0, output, reasoning: 0 }),
    limit: ({ max_tokens: most }) => most,
  },
};
const dialectOf = ({ path }) => dialects[path.split('?')[0]];

async function good(turn, input = 1203, output = 37) {
  turn.spent({ input, output });
  await turn.say(answer);
  await turn.finish('stop');
}

// A short answer that is said to have so many tokens, and the request twenty.
const used = (turn, output) => good(turn, 20, output);

// As much as the limit allows, of which it tells.
async function obeys(turn) {
  const most = dialectOf(turn.exchange).limit(turn.body);
  turn.spent({ input: 1200, output: most });
  for (let tokens = 0; tokens < most && turn.open; tokens += 16)
    await turn.writeAndDrain(turn.piece(words.slice(0, 4 * Math.min(16, most - tokens))));
  if (turn.open) await turn.finish('length');
}

// Words without an end, whatever it was told. `pieces`: how many of them are in the answer so far.
async function ignores(turn) {
  for (turn.exchange.pieces = 0; turn.open; turn.exchange.pieces++) {
    await turn.writeAndDrain(turn.piece(words));
    if (turn.exchange.pieces % 16 === 0) await sleep(1);
  }
}

// The same, as fast as it can be taken, in pieces of so many tokens.
async function bursts(turn, tokens) {
  while (turn.open) await turn.writeAndDrain(turn.piece('word'.repeat(tokens)));
}

// As many pieces as its name says; then it waits for the client to leave.
async function pauses(turn, pieces) {
  for (let n = 0; n < pieces; n++) turn.write(turn.piece(words));
  await turn.closed;
}

async function held(turn) {
  if (turn.body.stream) turn.write(turn.piece('Well, '));
  await until(() => turn.free() || !turn.open, 'the test to let go');
  if (turn.open) await good(turn);
}

// Anthropic counts what its cache gave and took beside the input tokens.
function cached(turn) {
  const { phrase, exchange } = turn;
  const usage = { input_tokens: 200, cache_creation_input_tokens: 50, cache_read_input_tokens: 750, output_tokens: 1 };
  const message = { id: 'msg_c', type: 'message', role: 'assistant', model: exchange.model, content: [], usage };
  exchange.told = { input: 1000, cached: 750, output: 29, reasoning: 0 };
  turn.reply(
    200,
    { 'content-type': 'text/event-stream' },
    [
      phrase.event('message_start', { message: { ...message, stop_reason: null, stop_sequence: null } }),
      ...phrase.text(answer),
      ...phrase.stop(),
      phrase.event('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: 29 },
      }),
      phrase.event('message_stop'),
    ].join(''),
  );
}

// A server that never tells how much it was; of Chat Completions only.
function mute(turn) {
  const base = { id: 'chatcmpl-m', object: 'chat.completion', created: 1, model: turn.exchange.model };
  if (!turn.body.stream) {
    const choice = { index: 0, message: { role: 'assistant', content: answer }, finish_reason: 'stop' };
    return json(turn.res, 200, { ...base, choices: [choice] });
  }
  turn.write(turn.piece(answer));
  turn.write(turn.phrase.chunk({}, 'stop'));
  turn.write('data: [DONE]\n\n');
  return turn.end();
}

const fails = (turn) => turn.refuse('server');

const scripts = { good, used, obeys, ignores, bursts, pauses, held, cached, mute, fails };

function scriptOf(model) {
  const [, name, number] = /^([a-z]+)(?:-(\d+))?(?:@.*)?$/.exec(model) ?? [];
  if (!scripts[name]) return usualScript(model);
  return number === undefined ? scripts[name] : (turn) => scripts[name](turn, Number(number));
}

export class MoneyUpstream extends Upstream {
  free = new Set();

  // Ends what is held for a model, and holds no more of it.
  letGo(model) {
    this.free.add(model);
  }

  async answer(exchange) {
    exchange.at = performance.now();
    const { method, res, body } = exchange;
    if (method === 'GET') return json(res, 200, { object: 'list', data: [{ id: 'good' }], has_more: false });
    const turn = new (body.stream ? StreamTurn : DocumentTurn)(exchange, dialectOf(exchange).wire);
    turn.free = () => this.free.has(exchange.model);
    await scriptOf(exchange.model)(turn);
  }

  // What it told of its tokens.
  static toldIn(exchange) {
    return exchange.told ?? dialectOf(exchange).told(exchange.tokens);
  }

  // How much output it was allowed.
  static limitOf(exchange) {
    return dialectOf(exchange).limit(exchange.body);
  }
}
