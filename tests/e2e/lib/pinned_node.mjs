// The suite runs on the Node that npm brought: the clients need a newer one than Debian's.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'node_modules');
export const pinnedNode = path.join(modules, `node-${process.platform}-${process.arch}`, 'bin', 'node');

// Starts this program again on that Node and becomes its shadow. Returns only in the program that already runs on it.
export async function onPinnedNode() {
  if (!fs.existsSync(pinnedNode)) throw new Error(`${pinnedNode} is missing: run \`npm ci\` in tests/e2e`);
  if (fs.realpathSync(process.execPath) === fs.realpathSync(pinnedNode)) return;
  const child = spawn(pinnedNode, process.argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? 1));
  });
  process.exit(code);
}
