// Debian's Prometheus in a folder of its own, on loopback, with the rules that we ship. It looks at a running set every
// second.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { onRecord } from './children.mjs';
import { makeDir, removeDir, suiteDir } from './env.mjs';
import { fetchAll } from './http.mjs';
import { serviceOf } from './replicas.mjs';
import { freePort, patience, sleep, until, within } from './wait.mjs';

export const deployDir = path.join(suiteDir, '..', '..', 'deploy');
const rulesDir = path.join(deployDir, 'prometheus', 'rules');
// Objectives of time: a busy machine misses them, whatever the product does.
export const ofTheMachine = ['WayleaveAddedLatencyBurns', 'WayleaveFirstTokenBurns'];
const seconds = { s: 1, m: 60, h: 3600, d: 86400 };

// The text of a file of rules in which every window in brackets and every `for` is `speed` times as short.
export const hastened = (text, speed) =>
  text.replace(/(\[|for: )(\d+)([smhd])(?=\]|$)/gm, (_, before, n, unit) => {
    const ms = (Number(n) * seconds[unit] * 1000) / speed;
    return `${before}${ms}ms`;
  });

// As deploy/prometheus/prometheus.yaml has it for one process and for four.
export function targetsOf(gateway) {
  const target = (member, service) => ({
    targets: [`127.0.0.1:${gateway.adminPort(member)}`],
    labels: { service },
  });
  if (gateway.shape === 'serve') return [target('gateway', 'wayleave')];
  return gateway.members.map((member) => target(member, serviceOf(member)));
}

export class Prometheus {
  // `speed`: how many times as short the windows of the rules are.
  static async start(gateway, { speed = 1 } = {}) {
    const server = new Prometheus();
    server.dir = makeDir('prometheus');
    server.port = await freePort();
    const rules = fs.readdirSync(rulesDir).map((name) => {
      const text = fs.readFileSync(path.join(rulesDir, name), 'utf8');
      fs.writeFileSync(path.join(server.dir, name), speed === 1 ? text : hastened(text, speed));
      return name;
    });
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: rules,
      scrape_configs: [{ job_name: 'wayleave', static_configs: targetsOf(gateway) }],
    };
    fs.writeFileSync(path.join(server.dir, 'prometheus.yml'), JSON.stringify(config));
    try {
      await server.launch();
    } catch (error) {
      await server.stop();
      throw new Error(`Prometheus did not start (install the package prometheus): ${error.message}\n${server.log}`);
    }
    return server;
  }

  async launch() {
    const args = [
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      `--web.listen-address=127.0.0.1:${this.port}`,
    ];
    this.log = '';
    this.child = onRecord(spawn('prometheus', args, { cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'] }));
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (this.log += text));
    this.exited = new Promise((resolve) => {
      this.child.once('exit', resolve);
      this.child.once('error', (error) => resolve((this.log += error.message)));
    });
    const ready = async () => (await fetchAll(this.port, { path: '/-/ready' })).status === 200;
    const ended = this.exited.then(() => Promise.reject(new Error('it ended')));
    ended.catch(() => {});
    await Promise.race([ended, until(ready, 'Prometheus to be ready')]);
  }

  async api(name, parameters = {}) {
    const answer = await fetchAll(this.port, { path: `/api/v1/${name}?${new URLSearchParams(parameters)}` });
    if (answer.json.status !== 'success') throw new Error(`${answer.json.error}: ${JSON.stringify(parameters)}`);
    return answer.json.data;
  }

  // The samples that an expression has now: [{labels, value}]. What is no number is no sample.
  async query(query) {
    const { resultType, result } = await this.api('query', { query });
    const vector = resultType === 'scalar' ? [{ metric: {}, value: result }] : result;
    const samples = vector.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    return samples.filter(({ value }) => !Number.isNaN(value));
  }

  // How often Prometheus has looked at the process that it has looked at least often.
  async looks() {
    const [{ value }] = await this.query('min(count_over_time(up[10m]))');
    return value;
  }

  // The alerts that have fired since it began: name -> in how many evaluations.
  async fired() {
    const found = await this.query('sum by (alertname) (count_over_time(ALERTS{alertstate="firing"}[1h]))');
    return Object.fromEntries(found.map(({ labels, value }) => [labels.alertname, value]));
  }

  // As until(), but for what Prometheus computes: asked twice a second.
  until(probe, what, ms = 4 * patience) {
    const calmly = async () => (await probe()) || (await sleep(500));
    return until(calmly, what, ms);
  }

  async stop() {
    this.child?.kill('SIGTERM');
    try {
      await within(this.exited ?? Promise.resolve(), patience, 'the end of Prometheus');
    } finally {
      this.child?.kill('SIGKILL');
      removeDir(this.dir);
    }
  }
}
