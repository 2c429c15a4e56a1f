// Where things are, and Debian's promtool.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const here = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const root = path.resolve(here, '../..');
export const deploy = (...names) => path.join(root, 'deploy', ...names);
export const docs = (...names) => path.join(root, 'docs', ...names);

export const yamlFiles = (folder) =>
  fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => path.join(folder, name));
export const readYaml = (file) => parse(fs.readFileSync(file, 'utf8'), { merge: true });

// What promtool says; throws with it if promtool finds fault.
export function promtool(...args) {
  try {
    return execFileSync('promtool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    if (error.code === 'ENOENT') throw new Error('promtool is missing: install the package prometheus');
    throw new Error(`${error.stdout}${error.stderr}`);
  }
}
