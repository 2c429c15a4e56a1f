// Runs the real Codex CLI, each time with a home, a configuration and a working directory of its own.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { onRecord } from './children.mjs';
import { codexScript, makeDir, removeDir } from './env.mjs';

const quoted = (text) => JSON.stringify(text);

// `catalogue`: Codex asks the gateway for its models, and so learns what they can do.
// `top`, `extra`: lines before and after the provider.
export function codexConfig({ gateway, model, catalogue = false, retries, top = '', extra = '' }) {
  const lines = [
    `model = ${quoted(model)}`,
    'model_provider = "gw"',
    top,
    '[model_providers.gw]',
    'name = "Gateway"',
    `base_url = ${quoted(`${gateway.url}/v1`)}`,
    'env_key = "GW_KEY"',
    'wire_api = "responses"',
  ];
  if (catalogue) lines.push(`model_catalog_url = ${quoted(`${gateway.url}/v1/models`)}`);
  if (retries !== undefined) lines.push(`stream_max_retries = ${retries}`, `request_max_retries = ${retries}`);
  return `${lines.join('\n')}\n${extra}`;
}

const readFiles = (dir) =>
  Object.fromEntries(
    fs
      .readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [entry.name, fs.readFileSync(path.join(dir, entry.name), 'utf8')]),
  );

const parseEvents = (text) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

// A home, a working directory and a configuration, for as many runs as are wanted.
export class CodexHome {
  // `files`: name -> content, in the working directory from the start.
  constructor({ config, files = {} }) {
    this.dir = makeDir('codex');
    [this.home, this.cwd] = ['home', 'cwd'].map((name) => path.join(this.dir, name));
    for (const folder of [this.home, this.cwd]) fs.mkdirSync(folder);
    fs.writeFileSync(path.join(this.home, 'config.toml'), config);
    for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(this.cwd, name), content);
  }

  // Codex and all it starts form a process group of their own, so that they end together.
  spawn(args, { key, env = {}, stdin = 'ignore' }) {
    const child = spawn(process.execPath, [codexScript, ...args], {
      cwd: this.cwd,
      detached: true,
      stdio: [stdin, 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: this.home, CODEX_HOME: this.home, GW_KEY: key, ...env },
    });
    return onRecord(child, { group: true });
  }

  get files() {
    return readFiles(this.cwd);
  }

  remove() {
    removeDir(this.dir);
  }
}

// Codex and all that it started.
export const killGroup = (child) => process.kill(-child.pid, 'SIGKILL');

function finish(child, timeoutMs) {
  const timer = setTimeout(() => killGroup(child), timeoutMs);
  return new Promise((resolve) =>
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal });
    }),
  );
}

const unsafe = ['--dangerously-bypass-approvals-and-sandbox'];

// One `codex exec`: {code, signal, stdout, stderr, events, files, lastMessage, said}; `said` is all that the user could
// read. `sandbox`: the arguments that say what commands may do. `started` is called with its process.
export async function execCodex(home, options) {
  const { key, prompt = 'Create the files', args = [], env, timeoutMs = 150_000, sandbox = unsafe, started } = options;
  const child = home.spawn(['exec', '--json', '--skip-git-repo-check', ...sandbox, '-C', home.cwd, ...args, prompt], {
    key,
    env,
  });
  started?.(child);
  const result = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (result.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (result.stderr += text));
  Object.assign(result, await finish(child, timeoutMs));
  const events = parseEvents(result.stdout);
  const messages = events
    .filter((event) => event.type === 'item.completed' && event.item.type === 'agent_message')
    .map((event) => event.item.text);
  return {
    ...result,
    events,
    files: home.files,
    thread: events.find((event) => event.type === 'thread.started')?.thread_id,
    lastMessage: messages.at(-1),
    said: result.stdout + result.stderr,
  };
}

// One run in a home of its own.
export async function runCodex({ config, files, ...options }) {
  const home = new CodexHome({ config, files });
  try {
    return await execCodex(home, options);
  } finally {
    home.remove();
  }
}

// The messages of errors that Codex showed, in order.
export const errorsOf = ({ events }) =>
  events
    .filter((event) => event.type === 'error' || event.type === 'turn.failed')
    .map((event) => event.message ?? event.error?.message);
