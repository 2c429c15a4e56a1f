// Replaces processes of the product while it serves.
import assert from 'node:assert/strict';
import http from 'node:http';
import { readAll } from './http.mjs';
import { freePort, patience, within } from './wait.mjs';

// For Gateway.start(): every process lets another one listen beside it.
export const reusePort = { WAYLEAVE_REUSE_PORT: '1' };

export async function endsWell(process, what) {
  const end = await within(process.exited, patience, `the end of ${what}`);
  assert.deepEqual(end, { code: 0, signal: null }, what);
}

// Starts a second process on the same addresses, but for its admin port, and tells the first to go once the second is
// ready. Resolves to the first, which may still have work.
export async function handOver(gateway, member) {
  const old = gateway.process(member);
  Object.assign(gateway.at[member], { admin: `127.0.0.1:${await freePort()}`, moved: true });
  gateway.restart(member);
  await gateway.awaitReady(member);
  old.signal('SIGTERM');
  return old;
}

// Clients that do nothing but connect and ask for a trifle: one connection for each request, or all on their own.
export class Hammer {
  constructor({ port, key }, { keepAlive = false } = {}) {
    Object.assign(this, { port, key, keepAlive, done: 0, connections: 0, problems: [], stopped: false });
  }

  start(clients = 8) {
    this.clients = Promise.all(Array.from({ length: clients }, () => this.client()));
  }

  async client() {
    const agent = this.keepAlive ? new http.Agent({ keepAlive: true, maxSockets: 1 }) : false;
    while (!this.stopped) await this.ask(agent);
    if (agent) agent.destroy();
  }

  async ask(agent) {
    try {
      const headers = { authorization: `Bearer ${this.key}` };
      const request = http.get({ host: '127.0.0.1', port: this.port, path: '/v1/models', headers, agent });
      const response = await new Promise((resolve, reject) => request.once('response', resolve).once('error', reject));
      await readAll(response);
      if (!request.reusedSocket) this.connections++;
      if (response.statusCode !== 200) this.problems.push(`status ${response.statusCode}`);
    } catch (error) {
      this.problems.push(error.message);
    }
    this.done++;
  }

  async stop() {
    this.stopped = true;
    await this.clients;
    return this;
  }
}
