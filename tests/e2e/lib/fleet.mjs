// The product with tenants, in three shapes: one process, four, or a fleet whose services all run twice or more
// before a PostgreSQL of its own. Whatever the shape, `store` reads what is kept, and `desk` administers.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Admin } from './admin.mjs';
import { Gateway } from './gateway.mjs';
import { Postgres } from './postgres.mjs';
import { serviceOf } from './replicas.mjs';
import { patience, until } from './wait.mjs';

const run = promisify(execFile);
const keySecret = 'a secret for the tests, 32 characters or more';
export const twos = { gateway: 2, auth: 2, router: 2, provider: 2 };

const portOf = (address) => Number(address.split(':').at(-1));

// What is kept, read as a stranger would.
class SqliteStore {
  constructor(stateDir) {
    this.file = path.join(stateDir, 'auth.db');
  }

  async rows(sql) {
    const args = ['-readonly', '-json', '-cmd', '.timeout 20000', this.file, sql];
    const { stdout } = await run('sqlite3', args, { maxBuffer: 1 << 30, timeout: patience });
    return stdout.trim() ? JSON.parse(stdout) : [];
  }

  // As somebody does who has the database in his hands.
  async change(sql) {
    await run('sqlite3', ['-cmd', '.timeout 20000', this.file, sql], { timeout: patience });
  }
}

class PostgresStore {
  constructor(server, name) {
    Object.assign(this, { server, name });
  }

  rows(sql) {
    return this.server.rows(this.name, sql);
  }

  change(sql) {
    return this.server.ask(this.name, sql);
  }
}

export class Fleet extends Gateway {
  // As Gateway.start(). `database`: before PostgreSQL, which `postgres` is then. `replicas` only of a fleet.
  // `password`: to say to PostgreSQL, which takes any. `databaseAt`: where the processes find the database of a URL.
  static async begin({ database = false, password, databaseAt = (url) => url, sections = {}, ...options }) {
    const postgres = database ? await Postgres.start() : undefined;
    let fleet;
    try {
      const auth = { key_secret: keySecret, ...sections.auth };
      if (postgres) {
        const url = await databaseAt(await postgres.database('ledger'));
        auth.database = url.replace('@', password ? `:${password}@` : '@');
      }
      fleet = await this.start({ ...options, sections: { ...sections, auth } });
      fleet.store = postgres ? new PostgresStore(postgres, 'ledger') : new SqliteStore(fleet.env.WAYLEAVE_STATE_DIR);
      fleet.operator = await fleet.firstKey();
      fleet.desk = fleet.adminAs(fleet.operator.secret);
      return Object.assign(fleet, { postgres });
    } catch (error) {
      await fleet?.stop();
      await postgres?.stop();
      throw error;
    }
  }

  adminAs(key, member = 'gateway') {
    return new Admin(this.adminPort(member), key);
  }

  // The first key that may administer, made on the machine itself.
  async firstKey() {
    const options = ['--config', this.configFile, '--name', 'operator', '--scope', 'admin'];
    const { stdout, stderr } = await this.cli('key', 'create', ...options);
    await this.everybodyKnows();
    return { secret: stdout.trim(), id: /\bkey_\w+/.exec(stderr)[0] };
  }

  // As Admin.makeKey(); the key works everywhere then.
  async newKey(wanted) {
    const made = await this.desk.makeKey(wanted);
    await this.everybodyKnows();
    return made;
  }

  // Until each auth-service has as many keys as there are, the one from the environment included.
  async everybodyKnows() {
    const [{ count }] = await this.store.rows('select count(*) as count from keys');
    for (const member of this.replicas('auth')) {
      const known = () => this.metric(member, 'wayleave_auth_keys');
      await until(async () => (await known()) >= count + (this.key ? 1 : 0), `${member} to know ${count} keys`);
    }
  }

  // The doors of all gateways, each as what lib/http.mjs takes for a gateway.
  doors(key = this.key) {
    return this.replicas('gateway').map((member) => ({ port: portOf(this.at[member].listen), key }));
  }

  // A further replica has a state directory and, where it would take the first one's port, a configuration of its own.
  run(name) {
    const { configFile, env } = this;
    try {
      Object.assign(this, { configFile: this.configOf(name), env: { ...env, WAYLEAVE_STATE_DIR: this.stateOf(name) } });
      super.run(name);
    } finally {
      Object.assign(this, { configFile, env });
    }
  }

  stateOf(name) {
    return name === serviceOf(name) ? this.env.WAYLEAVE_STATE_DIR : path.join(this.dir, `state-of-${name}`);
  }

  configOf(name) {
    if (serviceOf(name) !== 'gateway' || name === 'gateway') return this.configFile;
    const file = path.join(this.dir, `${name}.yaml`);
    const config = JSON.parse(fs.readFileSync(this.configFile, 'utf8'));
    config.gateway.grpc = '';
    fs.writeFileSync(`${file}.new`, JSON.stringify(config));
    fs.renameSync(`${file}.new`, file);
    return file;
  }

  rewrite(text) {
    super.rewrite(text);
    if (this.shape === 'fleet') for (const name of this.members) this.configOf(name);
  }

  // Kills and starts again; resolves when it is ready.
  async revive(member, signal = 'SIGKILL') {
    await this.kill(member, signal);
    this.restart(member);
    await this.awaitReady(member);
  }

  async stop() {
    const ends = await super.stop();
    await this.postgres?.stop();
    return ends;
  }
}
