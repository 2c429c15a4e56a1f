// Runs the real Codex CLI, each time with a home, a configuration and a working directory of its own.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { codexScript, makeDir, removeDir } from './env.mjs';

const quoted = (text) => JSON.stringify(text);

// `catalogue`: Codex asks the gateway for its models, and so learns what they can do.
export function codexConfig({ gateway, model, catalogue = false, retries, extra = '' }) {
  const lines = [
    `model = ${quoted(model)}`,
    'model_provider = "gw"',
    '',
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

// Codex and all it starts form a process group of their own, which ends with it.
function finish(child, timeoutMs) {
  const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), timeoutMs);
  return new Promise((resolve) =>
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal });
    }),
  );
}

// {code, signal, stdout, stderr, events, files, lastMessage, said}; `said` is all that the user could read.
// `script`: the bin/codex.js to run.
export async function runCodex({
  config,
  key,
  prompt = 'Create the files',
  args = [],
  env = {},
  timeoutMs = 60_000,
  script = codexScript,
}) {
  const dir = makeDir('codex');
  const [home, cwd] = ['home', 'cwd'].map((name) => path.join(dir, name));
  for (const folder of [home, cwd]) fs.mkdirSync(folder);
  fs.writeFileSync(path.join(home, 'config.toml'), config);
  try {
    const all = [
      'exec',
      '--json',
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      '-C',
      cwd,
      ...args,
      prompt,
    ];
    const child = spawn(process.execPath, [script, ...all], {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: home, CODEX_HOME: home, GW_KEY: key, ...env },
    });
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
      files: readFiles(cwd),
      lastMessage: messages.at(-1),
      said: result.stdout + result.stderr,
    };
  } finally {
    removeDir(dir);
  }
}

// The messages of errors that Codex showed, in order.
export const errorsOf = ({ events }) =>
  events
    .filter((event) => event.type === 'error' || event.type === 'turn.failed')
    .map((event) => event.message ?? event.error?.message);
