// Clients of a fleet that is being killed: each request goes once, under an id of its own, and what its client saw of
// it is noted.
import { post, responsesBody, chatBody, userMessage } from './http.mjs';
import { sleep } from './wait.mjs';

const text = (id) => `Please count, id=${id}. ${'and on it goes '.repeat(1 + (id.length % 5))}`;
const ways = [
  ['/v1/responses', (id) => responsesBody('counted', { input: [userMessage(text(id))], max_output_tokens: 200 })],
  [
    '/v1/chat/completions',
    (id) => chatBody('counted', { messages: [{ role: 'user', content: text(id) }], max_tokens: 200 }),
  ],
];

const isWhole = (body, stream) =>
  stream ? /^data: \[DONE\]|"type":"response\.completed"/m.test(body) : body.trimEnd().endsWith('}');

export class LedgerClients {
  // `doors`: {port, key, weight}; a request takes one of them.
  // They go on until there were `count` and `enough` says so, too.
  constructor(doors, { count, agent, tag = 'fire', enough = () => true }) {
    Object.assign(this, { doors, count, agent, tag, enough, begun: 0, seen: new Map() });
  }

  run(clients) {
    return Promise.all(Array.from({ length: clients }, () => this.client()));
  }

  async client() {
    while (this.begun < this.count || !this.enough()) await this.ask(++this.begun);
  }

  async ask(n) {
    const id = `${this.tag}.${n}`;
    const stream = n % 2 === 0;
    const [path, bodyOf] = ways[(n >> 1) % 2];
    const door = this.doors[Math.floor(Math.random() * this.doors.length)];
    const entry = { id, stream, tenant: door.tenant };
    this.seen.set(id, entry);
    try {
      const options = { headers: { 'x-request-id': id }, agent: this.agent };
      const answer = await post(door, path, { ...bodyOf(id), stream }, options);
      Object.assign(entry, this.judged(answer, stream));
    } catch (error) {
      Object.assign(entry, {
        end: error.code === 'ECONNREFUSED' ? 'closed door' : 'cut',
        problem: error.code ?? error.message,
      });
      await sleep(20); // a gateway is starting
    }
  }

  judged({ status, headers, text: body }, stream) {
    if (status === 200 && isWhole(body, stream)) {
      const number = Number(/answer (\d+)\./.exec(body)?.[1]);
      return { end: 'completed', number, charged: headers['x-wayleave-cost-usd'] };
    }
    const code = /"code":"(\w+)"/.exec(body)?.[1];
    return { end: status === 200 ? 'cut' : 'refused', status, code, problem: body.slice(-300) };
  }

  of(end) {
    return [...this.seen.values()].filter((entry) => entry.end === end);
  }

  get summary() {
    const counts = {};
    for (const { end, status, code, tenant } of this.seen.values()) {
      const name = status ? `${end} ${status} ${code} ${tenant}` : end;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }
}
