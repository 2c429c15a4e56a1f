// Where things are: the repository, and the build whose programs are packed (WAYLEAVE_BUILD, else build/release).
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const buildDir = path.resolve(process.env.WAYLEAVE_BUILD ?? path.join(root, 'build/release'));
export const deploy = (...names) => path.join(root, 'deploy', ...names);

// A folder that the test's end removes.
export function folder(test, mode = 0o755) {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'wayleave-packaging-'));
  fs.chmodSync(made, mode);
  test.after(() => fs.rmSync(made, { recursive: true, force: true }));
  return made;
}

// What a program says on both its outputs, and whether it ended well.
export function run(program, args, options = {}) {
  try {
    const said = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
    return { ok: true, said };
  } catch (error) {
    if (error.status === undefined || error.status === null) throw error;
    return { ok: false, said: `${error.stdout}${error.stderr}` };
  }
}
