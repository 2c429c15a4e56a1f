// A network of the tests' own: each process of a fleet in a network namespace with one address, all of them and the
// tests joined by a bridge. Needs root and the program `ip` (package iproute2). Where namespaces can't be had, each
// process gets an address of loopback instead, and a line on standard error says so.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
const alive = (pid) => fs.existsSync(`/proc/${pid}`);

// What a killed run has left. The names hold the id of its process.
function sweep() {
  const spaces = fs.existsSync('/run/netns') ? fs.readdirSync('/run/netns') : [];
  for (const name of spaces) {
    const [, pid] = /^wl(\d+)-/.exec(name) ?? [];
    if (pid && !alive(pid)) ip('netns', 'delete', name);
  }
  for (const link of fs.readdirSync('/sys/class/net')) {
    const [, pid] = /^wl(\d+)$/.exec(link) ?? [];
    if (pid && !alive(pid)) ip('link', 'delete', link);
  }
}

const pipeTo = (port, host) =>
  new Promise((resolve, reject) => {
    const server = net.createServer((client) => {
      const peer = net.connect(port, host);
      for (const [from, to] of [
        [client, peer],
        [peer, client],
      ]) {
        from.once('error', () => to.destroy());
        from.pipe(to);
      }
    });
    server.once('error', reject);
    resolve(server);
  });

export class Network {
  // `names`: of the processes.
  static start(names) {
    const network = new Network();
    Object.assign(network, { names, servers: [], spaces: [], loopback: false });
    try {
      sweep();
      network.join();
    } catch (error) {
      console.error(`e2e: no network namespaces here (${error.message.trim()}): loopback addresses stand in for them`);
      network.leave();
      network.loopback = true;
    }
    return network;
  }

  join() {
    this.bridge = `wl${process.pid}`;
    this.subnet = `10.${200 + (process.pid % 50)}.${Math.floor(process.pid / 50) % 250}`;
    ip('link', 'add', this.bridge, 'type', 'bridge');
    ip('address', 'add', `${this.subnet}.1/24`, 'dev', this.bridge);
    ip('link', 'set', this.bridge, 'up');
    this.names.forEach((name, n) => this.joinOne(name, `${this.bridge}v${n}`));
  }

  joinOne(name, cable) {
    const space = this.spaceOf(name);
    ip('netns', 'add', space);
    this.spaces.push(space);
    ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
    ip('link', 'set', cable, 'master', this.bridge);
    ip('link', 'set', cable, 'up');
    ip('-n', space, 'address', 'add', `${this.host(name)}/24`, 'dev', 'eth0');
    ip('-n', space, 'link', 'set', 'lo', 'up');
    ip('-n', space, 'link', 'set', 'eth0', 'up');
  }

  spaceOf(name) {
    return `${this.bridge}-${name}`;
  }

  host(name) {
    const n = this.names.indexOf(name);
    return this.loopback ? `127.0.0.${n + 2}` : `${this.subnet}.${n + 2}`;
  }

  // Where the processes find what the tests listen on.
  get home() {
    return this.loopback ? '127.0.0.1' : `${this.subnet}.1`;
  }

  // For a process of the product: its command line, within its namespace.
  inside(name) {
    if (this.loopback) return undefined;
    return (...commandLine) => ['ip', 'netns', 'exec', this.spaceOf(name), ...commandLine];
  }

  // Makes what listens on loopback at a port reachable for the processes; its address there.
  async offer(port) {
    if (!this.loopback) await this.forward(this.home, port, '127.0.0.1');
    return `${this.home}:${port}`;
  }

  // Makes a process's address reachable for the tests, at the same port of loopback.
  reach(address) {
    const [host, port] = address.split(':');
    return this.forward('127.0.0.1', Number(port), host);
  }

  async forward(host, port, to) {
    const server = await pipeTo(port, to);
    this.servers.push(server);
    await new Promise((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  }

  leave() {
    for (const space of this.spaces.splice(0)) ip('netns', 'delete', space);
    if (this.bridge && fs.existsSync(`/sys/class/net/${this.bridge}`)) ip('link', 'delete', this.bridge);
  }

  stop() {
    for (const server of this.servers) server.close();
    this.leave();
  }
}
