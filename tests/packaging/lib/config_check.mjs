// Asks the program itself whether a configuration that we ship is right, with files of its own in place of the secrets.
import fs from 'node:fs';
import path from 'node:path';
import { buildDir, folder, run } from './places.mjs';

const secrets = {
  'key-secret': 'k'.repeat(64),
  'database-url': 'postgres://wayleave@db/wayleave',
};

export function check(test, text) {
  const here = folder(test);
  for (const [name, value] of Object.entries(secrets)) {
    fs.writeFileSync(path.join(here, name), value);
    fs.writeFileSync(path.join(here, name.replace('-', '_')), value);
  }
  const file = path.join(here, 'wayleave.yaml');
  fs.writeFileSync(file, text.replace(/\/run\/secrets\/(wayleave\/)?/g, `${here}/`));
  return run(path.join(buildDir, 'bin/wayleave'), ['config', 'check', '--config', file]);
}
