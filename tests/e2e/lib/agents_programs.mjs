// Runs the other coding agents, each time with a home and a working directory of its own, configured as docs/clients.md
// says. Whatever they try to reach outside of loopback ends in a trap that takes note of it.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { blocksOf, environmentOf, filledIn } from './agents_docs.mjs';
import { onRecord } from './children.mjs';
import { makeDir, removeDir, suiteDir } from './env.mjs';

const modules = path.join(suiteDir, 'node_modules');
const platform = `${process.platform}-${process.arch}`;
// opencode's builds for x64 come with and without AVX2; the one without runs everywhere.
const opencodePackage = `opencode-${platform}${process.arch === 'x64' ? '-baseline' : ''}`;

// `command`: in the place of the name that the document uses. `config`: where its JSON block belongs.
// `contacts`: hosts that it asks whatever one says, which the document admits: opencode looks for its packages.
export const agents = {
  opencode: {
    heading: 'opencode',
    command: [path.join(modules, opencodePackage, 'bin', 'opencode')],
    config: ({ cwd }) => path.join(cwd, 'opencode.json'),
    contacts: [/^registry\.[a-z.]+:443$/],
  },
  qwen: {
    heading: 'Qwen Code',
    command: [process.execPath, path.join(modules, '@qwen-code', 'qwen-code', 'cli-entry.js')],
    config: ({ home }) => path.join(home, '.qwen', 'settings.json'),
    contacts: [],
  },
  claude: {
    heading: 'Claude Code',
    command: [path.join(modules, '@anthropic-ai', `claude-code-${platform}`, 'claude')],
    contacts: [],
  },
};

// A proxy that lets nothing through and remembers what was wanted.
class Trap {
  async start() {
    this.wanted = [];
    this.server = net.createServer((socket) => this.refuse(socket));
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  refuse(socket) {
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      this.wanted.push(bytes.toString('latin1').split(' ')[1]);
      socket.end('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n');
    });
  }

  get environment() {
    const url = `http://127.0.0.1:${this.server.address().port}`;
    const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];
    return { ...Object.fromEntries(names.map((name) => [name, url])), NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };
  }

  stop() {
    return new Promise((resolve) => this.server.close(resolve));
  }
}

// The words of the document's command line after the program's name.
const words = (line) =>
  [...line.trim().matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare).slice(1);

function prepare(agent, dirs, values) {
  const blocks = blocksOf(agent.heading);
  const of = (kind) => blocks.filter((block) => block.kind === kind).map((block) => filledIn(block.text, values));
  if (agent.config) {
    const file = agent.config(dirs);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, of('json')[0]);
  }
  return { environment: environmentOf(of('sh').join('')), line: words(of('sh run')[0]) };
}

function run([command, ...args], options, timeoutMs) {
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  onRecord(child, { group: true }); // so what it started ends with it
  const result = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (result[name] += text));
  const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), timeoutMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ ...result, code, signal }));
  }).finally(() => clearTimeout(timer));
}

export const before = 'These words are from the user.\n';
export const after = 'These words are from the agent.\n';

// One job in a folder that holds words.txt: {code, signal, stdout, stderr, said, words, outside}.
// `outside`: hosts that it wanted to reach and that the document does not admit.
export async function runAgent(name, { gateway, key = gateway.key, model, env = {}, timeoutMs = 150_000 }) {
  const agent = agents[name];
  const dir = makeDir(name);
  const dirs = { home: path.join(dir, 'home'), cwd: path.join(dir, 'cwd') };
  for (const folder of Object.values(dirs)) fs.mkdirSync(folder);
  const file = path.join(dirs.cwd, 'words.txt');
  fs.writeFileSync(file, before);
  const trap = await new Trap().start();
  try {
    const { environment, line } = prepare(agent, dirs, { url: gateway.url, key, model });
    const prompt = `Read the file ${file} and put "agent" in the place of "user" there.`;
    const result = await run(
      [...agent.command, ...line.map((word) => word.replace('$PROMPT', prompt))],
      {
        cwd: dirs.cwd,
        env: { PATH: process.env.PATH, HOME: dirs.home, ...trap.environment, ...environment, ...env },
      },
      timeoutMs,
    );
    return {
      ...result,
      said: result.stdout + result.stderr,
      words: fs.readFileSync(file, 'utf8'),
      outside: trap.wanted.filter((host) => !agent.contacts.some((known) => known.test(host))),
    };
  } finally {
    await trap.stop();
    removeDir(dir);
  }
}
