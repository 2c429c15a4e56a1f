// Reads the configuration blocks of docs/clients.md, so that what a user copies is what the tests run.
import fs from 'node:fs';
import path from 'node:path';
import { suiteDir } from './env.mjs';

const file = path.join(suiteDir, '..', '..', 'docs', 'clients.md');

// The fenced blocks under a heading, in order: [{kind, text}]; the kind is what stands behind the fence.
export function blocksOf(heading) {
  const section = fs
    .readFileSync(file, 'utf8')
    .split(/^## /m)
    .find((part) => part.startsWith(`${heading}\n`));
  if (!section) throw new Error(`docs/clients.md has no section "${heading}"`);
  return [...section.matchAll(/^```(.+)\n([^]*?)^```$/gm)].map(([, kind, text]) => ({ kind, text }));
}

// The same block for this gateway, key and model.
export const filledIn = (text, { url, key, model }) =>
  text
    .replaceAll('http://127.0.0.1:8787', url)
    .replaceAll('YOUR_KEY', key)
    .replaceAll(/\bcoder\b/g, model);

// `export NAME=value  # why` lines as an object.
export const environmentOf = (text) =>
  Object.fromEntries([...text.matchAll(/^export (\w+)=(\S+)/gm)].map(([, name, value]) => [name, value]));
