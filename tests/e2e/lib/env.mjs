// What the runner told the test files, and what they need from the machine.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const suiteDir = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const programs = ['wayleave', 'wayleave-gateway', 'wayleave-auth', 'wayleave-router', 'wayleave-provider'];
export const chromiumPath = '/usr/bin/chromium';
// The bin/codex.js that the tests run: the pinned release's, until another is chosen.
export const pinnedCodex = path.join(suiteDir, 'node_modules', '@openai', 'codex', 'bin', 'codex.js');
export let codexScript = pinnedCodex;
export const useCodex = (script) => (codexScript = script);

export const binDir = () => {
  if (!process.env.WAYLEAVE_E2E_BIN)
    throw new Error('run the tests with: node tests/e2e/run.mjs --bin <folder with the programs>');
  return process.env.WAYLEAVE_E2E_BIN;
};

export const makeDir = (name) => fs.mkdtempSync(path.join(os.tmpdir(), `wayleave-${name}-`));
export const removeDir = (dir) => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 3 });

const works = (command, args) => {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
};

// Sentences that say what is missing and how to get it; empty when the suite can run.
export function missing(bin) {
  const problems = programs
    .filter((name) => !fs.existsSync(path.join(bin, name)))
    .map((name) => `${path.join(bin, name)} is missing: build the target ${name}`);
  if (!fs.existsSync(codexScript) || !works(process.execPath, [codexScript, '--version'])) {
    problems.push('the Codex CLI is missing: run `npm ci` in tests/e2e');
  }
  if (!fs.existsSync(chromiumPath)) problems.push(`${chromiumPath} is missing: install the package chromium`);
  if (!works('prometheus', ['--version']))
    problems.push('the program prometheus is missing: install the package prometheus');
  if (!works('sqlite3', ['-version'])) problems.push('the program sqlite3 is missing: install the package sqlite3');
  return problems;
}
