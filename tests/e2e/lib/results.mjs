// What a run found out, a line of JSON for each finding, for the tables of codex_table.mjs. Without a runner that says
// where, nothing is written.
import fs from 'node:fs';

export function record(table, finding) {
  const file = process.env.WAYLEAVE_E2E_RESULTS;
  if (file) fs.appendFileSync(file, `${JSON.stringify({ table, ...finding })}\n`);
}

export const read = (file) =>
  fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
