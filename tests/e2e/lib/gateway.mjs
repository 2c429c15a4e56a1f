// Starts and stops the product: as one process (`serve`) or as four or more (`fleet`), with a configuration, ports
// and a state directory of its own. Only processes started here are ever signalled, by their ids.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { onRecord } from './children.mjs';
import { binDir, makeDir, removeDir } from './env.mjs';
import { fetchAll } from './http.mjs';
import { addresses, membersOf, sectionsFor, serviceOf } from './replicas.mjs';
import { patience, sleep, until, within } from './wait.mjs';

export const shapes = ['serve', 'fleet'];
const programs = {
  gateway: 'wayleave-gateway',
  auth: 'wayleave-auth',
  router: 'wayleave-router',
  provider: 'wayleave-provider',
};

// The signals of a program that broke down by itself: nobody here sends them.
const crashes = new Set(['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGSYS', 'SIGTRAP']);

// One process of the product, and what it said. A crash fails the test file, whatever the tests make of it.
class Program {
  // `inside`: what its command line becomes a part of, for example to run it in a network of its own.
  constructor(name, args, env, inside = (...commandLine) => commandLine) {
    this.name = name;
    this.log = '';
    const [command, ...rest] = inside(path.join(binDir(), name), ...args);
    this.child = onRecord(spawn(command, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (this.log += text));
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => resolve({ code, signal }));
      this.child.once('error', (error) => resolve({ code: error.message, signal: null })); // it never ran
    });
    this.child.once('close', (code, signal) => {
      if (!crashes.has(signal)) return;
      console.error(`${name} crashed with ${signal}; the last that it said:\n${this.log.slice(-4_000)}`);
      process.exitCode = 1;
    });
  }

  get pid() {
    return this.child.pid;
  }

  get running() {
    return this.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(signal) {
    if (this.running) this.child.kill(signal);
  }

  async stop(ms = patience) {
    this.signal('SIGTERM');
    try {
      return await within(this.exited, ms, `the end of ${this.name}`);
    } finally {
      this.signal('SIGKILL');
    }
  }

  // Resident memory in bytes.
  get resident() {
    return Number(/VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1]) * 1024;
  }
}

const merge = (base, more = {}) =>
  Object.fromEntries(
    [...new Set([...Object.keys(base), ...Object.keys(more)])].map((key) => [key, { ...base[key], ...more[key] }]),
  );

const portOf = (address) => Number(address.split(':').at(-1));

export class Gateway {
  // `sections` is merged into the sections of the configuration, key by key. `silent`: the providers that never tell which
  // models they have. `replicas`: how many processes of a fleet are to be one service, as {provider: 2}.
  static async start({
    shape = 'serve',
    replicas = {},
    providers = {},
    models = {},
    sections = {},
    silent = [],
    env = {},
    key = 'test-key-of-the-client',
    network,
  } = {}) {
    const gateway = new this();
    gateway.network = network;
    gateway.shape = shape;
    gateway.key = key;
    gateway.dir = makeDir('e2e');
    gateway.stateDir = path.join(gateway.dir, 'state');
    gateway.members = membersOf(replicas);
    gateway.at = await addresses(gateway.members, network);
    gateway.configFile = path.join(gateway.dir, 'wayleave.yaml');
    const config = { ...merge(sectionsFor(gateway.at, gateway.stateDir), sections), providers, models };
    fs.writeFileSync(gateway.configFile, `${JSON.stringify(config, null, 2)}\n`); // JSON is YAML
    gateway.env = {
      PATH: process.env.PATH,
      HOME: gateway.dir,
      WAYLEAVE_STATE_DIR: gateway.stateDir,
      ...(key ? { PROXY_API_KEY: key } : {}),
      ...env,
    };
    gateway.programs = {};
    gateway.oldLogs = '';
    await gateway.launch(Object.keys(providers).filter((name) => !silent.includes(name)));
    return gateway;
  }

  async launch(providers) {
    try {
      for (const name of this.shape === 'serve' ? ['gateway'] : this.members) this.run(name);
      await this.ready();
      for (const provider of providers) await this.heard(provider);
    } catch (error) {
      const { logs } = this;
      await this.stop();
      throw new Error(`${error.message}\n${logs}`);
    }
  }

  run(name) {
    const config = ['--config', this.configFile];
    const own = [...config, ...this.ownAddress(name)];
    const program = this.shape === 'serve' ? ['wayleave', ['serve', ...own]] : [programs[serviceOf(name)], own];
    if (this.programs[name]) this.oldLogs += this.programs[name].log;
    this.programs[name] = new Program(...program, this.env, this.network?.inside(name));
  }

  // The section of a service names the first replica's. One that took over from another has an admin port of its own.
  ownAddress(name) {
    const { listen, admin, moved } = this.at[name];
    if (name !== serviceOf(name)) return ['--listen', listen, '--admin', admin];
    return moved ? ['--admin', admin] : [];
  }

  replicas(service) {
    return this.members.filter((name) => serviceOf(name) === service);
  }

  get port() {
    return portOf(this.at.gateway.listen);
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get logs() {
    return (
      this.oldLogs +
      Object.values(this.programs)
        .map((program) => `--- ${program.name}\n${program.log}`)
        .join('')
    );
  }

  // The process that plays the part of a service: in one process it is always the same.
  process(service) {
    return this.programs[this.shape === 'serve' ? 'gateway' : service];
  }

  adminPort(service = 'gateway') {
    return portOf(this.at[this.shape === 'serve' ? 'gateway' : service].admin);
  }

  admin(pathname, service) {
    return fetchAll(this.adminPort(service), { path: pathname });
  }

  async isReady(service) {
    if (!this.process(service).running) throw new Error(`${service} has ended`);
    return (await this.admin('/readyz', service)).status === 200;
  }

  async ready(ms = patience) {
    const deadline = Date.now() + ms;
    for (const service of Object.keys(this.programs)) {
      await this.awaitReady(service, deadline - Date.now());
    }
  }

  async awaitReady(service, ms = patience) {
    const ended = this.process(service).exited.then(({ code, signal }) => {
      throw new Error(`${service} ended at start with ${signal ?? code}`);
    });
    ended.catch(() => {});
    await Promise.race([ended, until(() => this.isReady(service), `${service} to be ready`, ms)]);
  }

  // Until each router knows the provider's models. It is ready before, for it can decide by the configuration alone, but
  // the list of models, and with it the list's ETag, changes when a provider is heard.
  async heard(provider) {
    const told = { provider, result: 'ok' };
    for (const router of this.replicas('router')) {
      const times = () => this.metric(router, 'wayleave_router_discovery_total', told);
      await until(async () => (await times()) > 0, `${provider} to tell its models to ${router}`);
    }
  }

  // The sum of a metric's samples whose labels hold all of `labels`.
  async metric(service, name, labels = {}) {
    const { text } = await this.admin('/metrics', service);
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    const samples = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return samples
      .filter((line) => wanted.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  async kill(service, signal = 'SIGKILL') {
    const program = this.process(service);
    program.signal(signal);
    await within(program.exited, patience, `the end of ${program.name} after ${signal}`);
  }

  // Starts the killed process again; resolves at once, readiness is the caller's business.
  restart(service) {
    this.run(this.shape === 'serve' ? 'gateway' : service);
  }

  // Writes another configuration in place of this one, as editors do: beside it, then renamed over it.
  rewrite(text) {
    const draft = `${this.configFile}.new`;
    fs.writeFileSync(draft, text);
    fs.renameSync(draft, this.configFile);
  }

  // Changes the configuration in the file; `change` is given it as an object.
  edit(change) {
    const config = JSON.parse(fs.readFileSync(this.configFile, 'utf8'));
    change(config);
    this.rewrite(`${JSON.stringify(config, null, 2)}\n`);
  }

  // A verb of the command line tool, with this configuration and state.
  // The last argument may be an object: further variables of its environment.
  async cli(...args) {
    const more = typeof args.at(-1) === 'object' ? args.pop() : {};
    const options = { env: { ...this.env, ...more }, timeout: patience };
    const run = promisify(execFile)(path.join(binDir(), 'wayleave'), args, options);
    onRecord(run.child);
    return run;
  }

  async stop() {
    const order = Object.values(this.programs).reverse();
    const ends = await Promise.allSettled(order.map((program) => program.stop()));
    await sleep(0);
    removeDir(this.dir);
    return ends;
  }
}

// Sections for tests of what a failure becomes: it is told at once, and no circuit opens.
export const toldAtOnce = { router: { retry: { attempts: 1 }, breaker: { failures: 0 } } };

// A provider entry for each kind of scripted server.
export const chatProvider = (upstream, more = {}) => ({
  type: 'openai-compatible',
  dialect: 'chat',
  base_url: `${upstream.url}/v1`,
  ...keyOf(upstream),
  ...more,
});
export const ollamaProvider = (upstream, more = {}) => ({ type: 'ollama', base_url: upstream.url, ...more });
export const nativeProvider = (upstream, more = {}) => ({
  type: 'openai',
  base_url: `${upstream.url}/v1`,
  ...keyOf(upstream),
  ...more,
});
// A server whose /v1/responses knows plain functions only.
export const basicProvider = (upstream, more = {}) => chatProvider(upstream, { dialect: 'responses-basic', ...more });
export const messagesProvider = (upstream, more = {}) => ({
  type: 'anthropic',
  base_url: upstream.url,
  ...keyOf(upstream),
  ...more,
});
const keyOf = (upstream) => (upstream.key ? { api_key: upstream.key } : {});
