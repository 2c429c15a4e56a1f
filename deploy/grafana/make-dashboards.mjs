#!/usr/bin/env node
// Writes dashboards/*.json from source/*.mjs:
//   node make-dashboards.mjs [--docs <where docs/ can be read>] [--into <folder>]
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dashboard } from './source/frame.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const names = [
  'overview',
  'tenants-and-money',
  'providers-and-routing',
  'gateway',
  'auth-service',
  'router-service',
  'provider-service',
];
const { values } = parseArgs({
  options: {
    docs: { type: 'string', default: '/usr/share/doc/wayleave/docs' },
    into: { type: 'string', default: path.join(here, 'dashboards') },
  },
});

for (const name of names) {
  const { default: described } = await import(`./source/${name}.mjs`);
  const text = JSON.stringify(dashboard(values.docs, { name, ...described }), null, 2);
  fs.writeFileSync(path.join(values.into, `${name}.json`), `${text}\n`);
}
