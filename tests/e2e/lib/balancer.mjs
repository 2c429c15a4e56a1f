// What stands before several gateways: new connections go in turn to those that say they are ready. Looks ten times a
// second.
import net from 'node:net';
import { fetchAll } from './http.mjs';
import { freePort, sleep } from './wait.mjs';

const pause = 100; // ms

export class Balancer {
  // `gateways`: {host, port, adminPort} each; the admin ports on loopback.
  static async start(gateways) {
    const balancer = new Balancer();
    Object.assign(balancer, { gateways, ready: gateways, turn: 0, open: true, port: await freePort() });
    balancer.server = net.createServer((client) => balancer.carry(client));
    await new Promise((resolve) => balancer.server.listen(balancer.port, '127.0.0.1', resolve));
    balancer.looking = balancer.look();
    return balancer;
  }

  async look() {
    while (this.open) {
      const states = await Promise.all(this.gateways.map((gateway) => this.isReady(gateway)));
      this.ready = this.gateways.filter((_, n) => states[n]);
      await sleep(pause);
    }
  }

  async isReady({ adminPort }) {
    try {
      return (await fetchAll(adminPort, { path: '/readyz' })).status === 200;
    } catch {
      return false;
    }
  }

  carry(client) {
    const { host, port } = this.ready[this.turn++ % this.ready.length] ?? {};
    if (!port) return client.destroy();
    const gateway = net.connect({ host, port });
    for (const [from, to] of [
      [client, gateway],
      [gateway, client],
    ]) {
      from.once('error', () => to.destroy());
      from.pipe(to);
    }
  }

  async stop() {
    this.open = false;
    await this.looking;
    this.server.close();
  }
}
