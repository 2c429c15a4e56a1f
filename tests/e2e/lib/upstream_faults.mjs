// A model server that fails as it is told: by the requested model's name, one word for each request, the last one for
// all further ones (`500+ok` fails once; behind an @ may stand anything); or by `plan`, or by a key's own `keyPlan`.
// Each connection serves one request, so that none is sent again because its connection had died meanwhile.
import { chatWire } from './chat_styles.mjs';
import { nativeStyle, responsesWire } from './responses_wire.mjs';
import { DocumentTurn, StreamTurn } from './turn.mjs';
import { json, Upstream } from './upstream.mjs';
import { until } from './wait.mjs';

export const goodText = 'Hello from the scripted model.';
export const halfText = 'Some text ';

const wires = { '/v1/chat/completions': chatWire('openai'), '/v1/responses': responsesWire(nativeStyle) };
const error = (message, code = null) => ({ error: { message, type: 'server_error', param: null, code } });
const firstEvents = {
  '/v1/chat/completions': error('no GPU left', 500),
  '/v1/responses': { type: 'error', sequence_number: 0, code: 'server_error', message: 'no GPU left', param: null },
};

const codes = { 400: 'invalid_prompt', 429: 'rate_limit_exceeded' };
const refuses = (status, headers = {}) => ({ res }) =>
  json(res, status, error(`The script says ${status}.`, codes[status]), headers);

function head({ res, wire, streams }) {
  res.writeHead(200, { 'content-type': streams ? wire.contentType : 'application/json' });
  res.flushHeaders();
}

async function half(turn) {
  if (turn.streams) return turn.say(halfText);
  head(turn);
  await new Promise((resolve) => turn.res.write('{"id":"half a document', resolve)); // it has left before the reset
}

async function good(turn) {
  await turn.say(goodText);
  await turn.finish('stop');
}

const reset = ({ exchange }) => exchange.req.socket.resetAndDestroy();
const quiet = ({ exchange }) => exchange.closed;
const after = (begin, end) => async (turn) => {
  await begin(turn);
  await end(turn);
};

const behaviours = {
  ok: good,
  '429-reset': refuses(429, { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1s' }),
  reset,
  'head-reset': after(head, reset),
  'text-reset': after(half, reset),
  quiet,
  'head-quiet': after(head, quiet),
  'text-quiet': after(half, quiet),
  'error-document': ({ res }) => json(res, 200, error('no GPU left')),
  'error-event': ({ res, wire, exchange }) => {
    res.writeHead(200, { 'content-type': wire.contentType });
    res.end(`data: ${JSON.stringify(firstEvents[exchange.path])}\n\n`);
  },
  html: (turn) => turn.reply(200, { 'content-type': 'text/html' }, '<html><body>Log in</body></html>'),
  // A good answer, once the server lets go of it (`letGo`).
  held: async (turn) => {
    turn.head();
    await until(() => turn.exchange.letGo || !turn.open, 'the test to let go');
    if (turn.open) await good(turn);
  },
};

// Also `<status>`, and `<status>-<seconds>` with a Retry-After.
function behaviour(word) {
  if (behaviours[word]) return behaviours[word];
  const [, status, seconds] = /^(\d{3})(?:-(\d+))?$/.exec(word) ?? [];
  if (!status) throw new Error(`the server cannot do ${word}`);
  return refuses(Number(status), seconds ? { 'retry-after': seconds } : {});
}

export class FaultUpstream extends Upstream {
  plans = new Map();
  keyPlans = new Map();

  // `steps`: words, one for each request from now on, the last one for all further; or a function of the request and
  // the one before it.
  plan(model, steps) {
    this.plans.set(model, { steps, from: this.of(model).length });
  }

  keyPlan(key, steps) {
    this.keyPlans.set(key, { steps, from: this.withKey(key).length });
  }

  withKey(key) {
    return this.exchanges.filter(({ headers }) => headers.authorization === `Bearer ${key}`);
  }

  async answer(exchange) {
    exchange.at = performance.now();
    exchange.res.setHeader('connection', 'close');
    if (exchange.method === 'GET') return json(exchange.res, 200, { object: 'list', data: [{ id: 'ok' }] });
    const streams = exchange.body.stream === true;
    const turn = new (streams ? StreamTurn : DocumentTurn)(exchange, wires[exchange.path]);
    await behaviour(this.next(exchange))(Object.assign(turn, { streams }));
  }

  next(exchange) {
    const key = exchange.headers.authorization?.replace('Bearer ', '');
    const byKey = this.keyPlans.get(key);
    const { steps, from } = byKey ??
      this.plans.get(exchange.model) ?? { steps: exchange.model.split('@')[0].split('+'), from: 0 };
    const like = byKey ? this.withKey(key) : this.of(exchange.model);
    const n = like.indexOf(exchange);
    return typeof steps === 'function' ? steps(exchange, like[n - 1]) : steps[Math.min(n - from, steps.length - 1)];
  }

  // Nobody listens any more, until it is up again at the same port.
  async down() {
    await this.stop();
  }

  up() {
    return new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
  }
}
