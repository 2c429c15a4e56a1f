// The tables of docs/codex.md: made of the cases and of what a run found out about them.
import { cases } from './codex_cases.mjs';
import { askedByDefault, faults, ownFaults } from './codex_faults.mjs';
import { kinds } from './setup.mjs';

const heads = {
  chat: 'Chat Completions',
  ollama: 'Ollama',
  basic: 'Responses, functions only',
  messages: 'Messages',
  native: 'OpenAI',
};

const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

// The worst of the findings: a case counts as passed if it ran and never failed.
function mark(findings) {
  if (findings.length === 0) return 'not run';
  return findings.every((finding) => finding.ok) ? 'yes' : '**no**';
}

const matching = (findings, name, kind) => findings.filter((each) => each.case === name && each.kind === kind);

function caseTable(findings) {
  const cell = (entry, kind) => (entry.kinds.includes(kind) ? mark(matching(findings, entry.name, kind)) : '–');
  return table(
    ['Codex', ...kinds.map((kind) => heads[kind])],
    cases.map((entry) => [entry.title, ...kinds.map((kind) => cell(entry, kind))]),
  );
}

const escaped = (text) => (text ?? '').replace(/\n/g, ' ').replace(/\|/g, '\\|').replace(/</g, '&lt;');

function whatIsRead(entry, findings) {
  const told = findings.filter((each) => each.case === entry.name);
  if (mark(told) !== 'yes') return mark(told);
  return 'works' in entry ? '(the answer)' : escaped(told[0].text);
}

function faultTable(findings) {
  const where = (entry) =>
    entry.kinds.length === kinds.length ? 'all' : entry.kinds.map((kind) => heads[kind]).join(', ');
  return table(
    ['what goes wrong', 'tried on', 'requests', 'what the user reads'],
    [...faults, ...ownFaults].map((entry) => [
      entry.title,
      where(entry),
      entry.requests ?? askedByDefault[entry.asked],
      whatIsRead(entry, findings),
    ]),
  );
}

// {name: text}, by the names of the markers.
export function rendered(findings) {
  const of = (name) => findings.filter((each) => each.table === name);
  return { cases: caseTable(of('codex')), faults: faultTable(of('faults')) };
}

const between = (name) => new RegExp(`(<!-- ${name}: begin[^\\n]*-->\\n)([^]*?)(\\n<!-- ${name}: end -->)`);

// The document with its tables replaced.
export const document = (text, tables) =>
  Object.entries(tables).reduce((result, [name, content]) => {
    if (!between(name).test(result)) throw new Error(`docs/codex.md has no markers for the table ${name}`);
    return result.replace(between(name), (all, begin, old, end) => begin + content + end);
  }, text);

export const tableIn = (text, name) => between(name).exec(text)?.[2];
