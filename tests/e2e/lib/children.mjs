// Every process that the tests start is on record here from its start to its end, so that none outlives them: neither
// when a test file ends early or is told to (the handler of `exit`), nor when it is killed (`endLeftovers`, which the
// runner calls). Only processes on this record are ever signalled.
import fs from 'node:fs';
import path from 'node:path';

const folder = () => process.env.WAYLEAVE_E2E_CHILDREN; // set by the runner for the test files
const living = new Map();

// When a process began, in ticks since the machine's start; with its id that is a name which no other process has.
function birth(pid) {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined; // it is gone
  }
}

function end(pid, group) {
  try {
    process.kill(group ? -pid : pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function note(pid, group) {
  if (folder()) fs.writeFileSync(path.join(folder(), String(pid)), JSON.stringify({ group, born: birth(pid) }));
}

function forget(pid) {
  living.delete(pid);
  if (folder()) fs.rmSync(path.join(folder(), String(pid)), { force: true });
}

// `group`: it leads a process group, and what is left of that ends with it.
export function onRecord(child, { group = false } = {}) {
  const { pid } = child;
  if (pid === undefined) return child; // it never ran
  living.set(pid, group);
  note(pid, group);
  child.once('exit', () => {
    if (group) end(pid, group);
    forget(pid);
  });
  return child;
}

// A test file's own process, which the runner tells to end when it takes too long.
if (folder()) {
  note(process.pid, false);
  process.on('SIGTERM', () => process.exit(143));
}
process.on('exit', () => {
  for (const [pid, group] of living) end(pid, group);
  for (const pid of [...living.keys(), process.pid]) forget(pid);
});

// Ends whatever is still on record, and tells how many that were. For the runner.
export function endLeftovers() {
  const records = fs.readdirSync(folder()).flatMap((name) => {
    try {
      return [{ pid: Number(name), ...JSON.parse(fs.readFileSync(path.join(folder(), name), 'utf8')) }];
    } catch {
      return []; // it has just ended
    }
  });
  const alive = records.filter(({ pid, born }) => born && birth(pid) === born);
  for (const { pid, group } of alive) end(pid, group);
  for (const { pid } of records) forget(pid);
  return alive.length;
}
