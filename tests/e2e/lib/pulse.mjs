// Traffic as a quiet office makes it: a few requests a second, each noted with what became of it.
import { post, responsesBody } from './http.mjs';
import { sleep, until } from './wait.mjs';

export class Pulse {
  // `models`: asked in turn, `every` so many milliseconds, streaming and not.
  constructor(gateway, models, { every = 100, key = gateway.key } = {}) {
    Object.assign(this, { gateway, models, every, key, statuses: [], begun: 0, beating: false });
  }

  start() {
    this.beating = true;
    this.ended = this.run();
    return this;
  }

  async run() {
    while (this.beating) {
      await Promise.all([this.ask(), sleep(this.every)]);
    }
  }

  async ask() {
    const n = this.begun++;
    const body = responsesBody(this.models[n % this.models.length], {
      stream: Math.floor(n / this.models.length) % 2 === 0,
    });
    const status = await post(this.gateway, '/v1/responses', body, { key: this.key }).then(
      (answer) => answer.status,
      (error) => error.message,
    );
    this.statuses.push(status);
  }

  // Until so many more have ended.
  more(count) {
    const wanted = this.statuses.length + count;
    return until(() => this.statuses.length >= wanted, `${count} more requests to end`);
  }

  async stop() {
    this.beating = false;
    await this.ended;
    return this.statuses;
  }
}
