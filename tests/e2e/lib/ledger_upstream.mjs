// A model server that keeps books: each answer says its own number and how many tokens it took, and both are kept here,
// so that a test can tell from what a client saw what must have been charged.
import { json, Upstream } from './upstream.mjs';
import { sleep } from './wait.mjs';

// USD for a million tokens, with digits behind which a float would lose itself.
export const prices = {
  input: 1.23456789,
  cached_input: 0.123456789,
  output: 9.87654321,
  reasoning: 10.000000001,
  request: 0.000012345,
};
const nano = Object.fromEntries(Object.entries(prices).map(([kind, usd]) => [kind, BigInt(Math.round(usd * 1e9))]));

// What it costs in billionths of a dollar: the tokens, rounded up once, and the request.
export function costOf({ input, cached, output, reasoning }) {
  const part = (count, kind) => BigInt(count) * nano[kind];
  const tokens =
    part(input - cached, 'input') +
    part(cached, 'cached_input') +
    part(output - reasoning, 'output') +
    part(reasoning, 'reasoning');
  return (tokens + 999_999n) / 1_000_000n + nano.request;
}

const mixed = (n) => Math.imul(n ^ 0x9e3779b9, 0x85ebca6b) >>> 8;
// No more input than the body has bytes, and no more output than was asked for.
function tokensOf(number, { raw, body }) {
  const limit = body.max_completion_tokens ?? body.max_tokens ?? 200;
  const input = 1 + (mixed(number) % raw.length);
  const output = 1 + (mixed(number + 7) % limit);
  return { input, cached: mixed(number + 1) % (input + 1), output, reasoning: mixed(number + 2) % (output + 1) };
}

const usageOf = ({ input, cached, output, reasoning }) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cached },
  completion_tokens_details: { reasoning_tokens: reasoning },
});

export class LedgerUpstream extends Upstream {
  // `pace`: ms between the pieces of a stream.
  constructor({ pace = 8 } = {}) {
    super();
    Object.assign(this, { pace, books: [], byId: new Map() });
  }

  // Only what is counted is kept of an exchange: there may be hundreds of thousands.
  async serve(req, res) {
    await super.serve(req, res);
    if (this.exchanges.length > 1_000) this.exchanges = [];
  }

  async answer(exchange) {
    const { req, res, body } = exchange;
    if (req.method === 'GET') return json(res, 200, { object: 'list', data: [{ id: 'counted', object: 'model' }] });
    const id = /id=([\w.-]+?)\. /.exec(exchange.raw)?.[1];
    const number = this.books.length;
    const entry = { number, id, ...tokensOf(number, exchange) };
    this.books.push(entry);
    this.byId.set(id, [...(this.byId.get(id) ?? []), entry]);
    await (body.stream ? this.stream(res, body, entry) : this.document(res, body, entry));
  }

  async document(res, { model }, entry) {
    await sleep(3 * this.pace);
    const message = { role: 'assistant', content: `answer ${entry.number}.` };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    json(res, 200, {
      id: `chatcmpl-${entry.number}`,
      object: 'chat.completion',
      created: 1,
      model,
      choices,
      usage: usageOf(entry),
    });
  }

  async stream(res, { model }, entry) {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const chunk = (choices, usage) =>
      res.write(
        `data: ${JSON.stringify({ id: `chatcmpl-${entry.number}`, object: 'chat.completion.chunk', created: 1, model, choices, usage })}\n\n`,
      );
    const piece = (delta, finish_reason = null) => chunk([{ index: 0, delta, finish_reason }], null);
    piece({ role: 'assistant', content: `answer ${entry.number}.` });
    for (let n = 0; n < 4 && !res.destroyed; n++) {
      await sleep(this.pace);
      piece({ content: ` word${n}` });
    }
    piece({}, 'stop');
    chunk([], usageOf(entry));
    res.end('data: [DONE]\n\n');
  }
}
