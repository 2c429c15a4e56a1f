// Clients that send one short request after another, streaming and not, and note how each went.
import { post, responsesBody } from './http.mjs';
import { until } from './wait.mjs';

const isWhole = (text, stream) =>
  stream ? text.includes('event: response.completed') : JSON.parse(text).status === 'completed';

export class Load {
  // `tag`: what the ids of the requests begin with.
  constructor(gateway, model, tag) {
    Object.assign(this, { gateway, model, tag, good: [], bad: [], begun: 0, stopped: false });
  }

  start(clients = 4) {
    this.clients = Promise.all(Array.from({ length: clients }, () => this.client()));
  }

  async client() {
    while (!this.stopped) await this.ask();
  }

  async ask() {
    const id = `${this.tag}-${++this.begun}`;
    const stream = this.begun % 2 === 0;
    const at = performance.now();
    const entry = { id, stream, at };
    try {
      const body = responsesBody(this.model, { stream });
      const { status, text } = await post(this.gateway, '/v1/responses', body, { headers: { 'x-request-id': id } });
      if (status !== 200 || !isWhole(text, stream)) entry.problem = `${status} ${text.slice(0, 300)}`;
    } catch (error) {
      entry.problem = error.message;
    }
    entry.ms = performance.now() - at;
    (entry.problem ? this.bad : this.good).push(entry);
  }

  // Until so many more have ended, well or not.
  async more(count) {
    const ended = () => this.good.length + this.bad.length;
    const wanted = ended() + count;
    await until(() => ended() >= wanted, `${count} more requests to end`);
  }

  async stop() {
    this.stopped = true;
    await this.clients;
    return this;
  }

  // When the first one that went well had ended, by performance.now().
  get firstEnd() {
    return Math.min(...this.good.map(({ at, ms }) => at + ms));
  }

  get slowest() {
    return Math.max(...this.good.map(({ ms }) => ms));
  }

  get problems() {
    return this.bad.map(({ id, stream, problem }) => `${id}${stream ? ', a stream' : ''}: ${problem}`);
  }
}
