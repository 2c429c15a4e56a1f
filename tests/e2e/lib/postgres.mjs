// A PostgreSQL server of the tests' own: in a folder of its own, on loopback, gone with the test. As root it runs under
// another user's name, because PostgreSQL refuses to be root.
import { execFile, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { onRecord } from './children.mjs';
import { makeDir, removeDir } from './env.mjs';
import { freePort, patience, until, within } from './wait.mjs';

const run = promisify(execFile);
const user = 'wayleave';

// The newest of Debian's folders, or wherever the PATH finds it.
function program(name) {
  const root = '/usr/lib/postgresql';
  const versions = fs.existsSync(root) ? fs.readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions.map((version) => path.join(root, version, 'bin', name)).find((file) => fs.existsSync(file));
  return found ?? name;
}

const isRoot = () => process.getuid() === 0;
const servant = () =>
  ['postgres', 'nobody'].find((name) => new RegExp(`^${name}:`, 'm').test(fs.readFileSync('/etc/passwd', 'utf8')));
// A command line under a name that is not root's.
export const unprivileged = (command, args) =>
  isRoot() ? ['setpriv', [`--reuid=${servant()}`, '--clear-groups', command, ...args]] : [command, args];
export const giveAway = (...files) => isRoot() && execFileSync('chown', ['-R', servant(), ...files]);

const childrenOf = (pid) => {
  try {
    const text = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text ? text.split(/\s+/).map(Number) : [];
  } catch {
    return []; // it has ended
  }
};

export class Postgres {
  // `options`: further settings, as {max_connections: 50}.
  static async start(options = {}) {
    const server = new Postgres();
    server.dir = makeDir('postgres');
    server.data = path.join(server.dir, 'data');
    server.settings = { max_connections: 200, fsync: 'off', ...options };
    giveAway(server.dir);
    server.port = await freePort();
    const args = ['-D', server.data, '-U', user, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    try {
      await run(...unprivileged(program('initdb'), args), { cwd: server.dir, timeout: patience });
      await server.launch();
    } catch (error) {
      await server.stop();
      throw new Error(
        `PostgreSQL did not start (install the package postgresql): ${error.message}\n${server.log ?? ''}`,
      );
    }
    return server;
  }

  async launch() {
    const fixed = { listen_addresses: '127.0.0.1', port: this.port, unix_socket_directories: this.dir };
    const settings = Object.entries({ ...fixed, ...this.settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    this.log = '';
    const [command, args] = unprivileged(program('postgres'), ['-D', this.data, ...settings]);
    this.child = onRecord(spawn(command, args, { cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'] }));
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (this.log += text));
    this.exited = new Promise((resolve) => {
      this.child.once('exit', resolve);
      this.child.once('error', resolve);
    });
    await until(() => this.ask('postgres', 'select 1'), 'PostgreSQL to answer');
  }

  // Makes the database if it is not there; resolves to its URL.
  async database(name) {
    await run('createdb', [...this.where, name], { timeout: patience });
    return this.url(name);
  }

  url(db = 'postgres') {
    return `postgres://${user}@127.0.0.1:${this.port}/${db}`;
  }

  get where() {
    return ['-h', '127.0.0.1', '-p', String(this.port), '-U', user];
  }

  async ask(db, sql) {
    const args = [...this.where, '-d', db, '-v', 'ON_ERROR_STOP=1', '-qAt', '-c', sql];
    return (await run('psql', args, { timeout: patience, maxBuffer: 1 << 30 })).stdout.trim();
  }

  // The rows as objects; PostgreSQL's numbers of 64 bits are JSON numbers then.
  async rows(db, sql) {
    return JSON.parse(await this.ask(db, `select coalesce(json_agg(t), '[]') from (${sql}) t`));
  }

  signal(signal) {
    for (const pid of [this.child.pid, ...childrenOf(this.child.pid)]) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has just ended.
      }
    }
  }

  // Nobody answers any more, and no connection ends: as if the network had swallowed it.
  pause() {
    this.signal('SIGSTOP');
  }

  resume() {
    this.signal('SIGCONT');
  }

  async end(signal) {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.resume();
    if (signal === 'SIGKILL')
      this.signal(signal); // with its children, which would go on for a while
    else this.child.kill(signal);
    await within(this.exited, patience, 'the end of PostgreSQL');
  }

  kill() {
    return this.end('SIGKILL');
  }

  async restart() {
    await this.end('SIGINT');
    fs.rmSync(path.join(this.data, 'postmaster.pid'), { force: true });
    await this.launch();
  }

  // Ends at once, with its data.
  async stop() {
    await this.end('SIGQUIT').catch(() => this.child.kill('SIGKILL'));
    removeDir(this.dir);
  }
}
