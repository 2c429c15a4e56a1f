// Reads (and in one case changes) the state directory, as a stranger would: with the sqlite3 program.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { until } from './wait.mjs';

const query = (file, sql) => {
  const text = execFileSync('sqlite3', ['-readonly', '-json', '-cmd', '.timeout 20000', file, sql], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  });
  return text.trim() ? JSON.parse(text) : [];
};

const isDatabase = (file) => {
  const head = Buffer.alloc(15);
  const handle = fs.openSync(file, 'r');
  fs.readSync(handle, head, 0, 15, 0);
  fs.closeSync(handle);
  return head.toString('latin1') === 'SQLite format 3';
};

const hasUsage = (file) =>
  query(file, "select name from sqlite_master where type = 'table' and name = 'usage'").length === 1;

function database(stateDir) {
  const files = fs
    .readdirSync(stateDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  const found = files.find((file) => isDatabase(file) && hasUsage(file));
  if (!found) throw new Error(`no SQLite file with a table usage in ${stateDir}`);
  return found;
}

export const usageRows = (stateDir) => query(database(stateDir), 'select * from usage');

// Lets a key end `ms` from now, which the command line, whose shortest time is a minute, can't do.
export function expireIn(stateDir, keyId, ms) {
  const nanoseconds = `${Date.now() + ms}000000`;
  const sql = `update keys set expires_at = ${nanoseconds} where id = '${keyId}'`;
  execFileSync('sqlite3', ['-cmd', '.timeout 20000', database(stateDir), sql]);
}

// The rows of each request, in the order of the ids.
export function rowsOf(stateDir, requestIds) {
  const rows = Map.groupBy(usageRows(stateDir), (row) => row.request_id);
  return requestIds.map((id) => rows.get(id) ?? []);
}

// Waits for the row of each request. A second one is an error at once.
export async function oneRowEach(stateDir, requestIds) {
  const found = await until(() => {
    const rows = rowsOf(stateDir, requestIds);
    const missing = requestIds.filter((_, n) => rows[n].length === 0);
    if (missing.length) throw new Error(`none for ${missing}`);
    return rows;
  }, `a row of usage for each of ${requestIds.length} requests`);
  const doubles = requestIds.filter((_, n) => found[n].length > 1);
  if (doubles.length) throw new Error(`more than one row of usage for ${doubles}`);
  return found.map(([row]) => row);
}
