// A small disk that can be filled, and files that nobody may write any more. Both need root's rights (or those of
// `unshare -rm`).
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { onRecord } from './children.mjs';
import { makeDir, removeDir } from './env.mjs';
import { until } from './wait.mjs';

const run = (command, ...args) =>
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });

export class SmallDisk {
  constructor(megabytes) {
    this.dir = makeDir('disk');
    try {
      run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'wayleave-e2e', this.dir);
    } catch (error) {
      throw new Error(`no disk can be mounted (run the tests as root, or with \`unshare -rm\`): ${error.stderr}`);
    }
  }

  // To the last byte.
  fill() {
    const file = fs.openSync(path.join(this.dir, 'filler'), 'w');
    try {
      for (const size of [1 << 16, 1 << 10, 1]) {
        try {
          for (;;) if (fs.writeSync(file, Buffer.alloc(size)) < size) break;
        } catch (error) {
          if (error.code !== 'ENOSPC') throw error;
        }
      }
    } finally {
      fs.closeSync(file);
    }
  }

  free() {
    fs.rmSync(path.join(this.dir, 'filler'));
  }

  remove() {
    run('umount', '--lazy', this.dir);
    removeDir(this.dir);
  }
}

// Not the index that SQLite shares between processes (-shm): it is mapped memory, and who writes to a page of that whose
// file has become immutable is killed (SIGBUS) if the page has been written to the disk since, that is, sometimes.
const databaseFiles = (dir) =>
  fs
    .readdirSync(dir)
    .filter((name) => /^auth\.db(-wal)?$/.test(name))
    .map((name) => path.join(dir, name));

// Also for those who have them open.
export const makeReadOnly = (dir) => run('chattr', '+i', ...databaseFiles(dir));
export const makeWritable = (dir) => run('chattr', '-i', ...databaseFiles(dir));

// Somebody else writes, and does not end: an operator's sqlite3 with an open transaction.
export class Writer {
  async lock(dir) {
    this.child = onRecord(
      spawn('sqlite3', ['-cmd', '.timeout 20000', path.join(dir, 'auth.db')], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    let said = '';
    this.child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
    this.child.stdin.write('begin immediate;\nselect 42;\n');
    await until(() => said.includes('42'), 'the lock');
  }

  release() {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.stdin.end('rollback;\n');
    return ended;
  }
}
