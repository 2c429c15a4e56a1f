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

// Everything once more over WebSockets, in a file of its own.
const sockets = {
  file: 'websocket_codex.test.mjs',
  kinds: ['chat', 'native'],
  on: 'WebSockets (`supports_websockets = true`): all of the above',
  off: 'WebSockets switched off at the gateway: HTTP at once',
};

function socketRows(tests) {
  const of = (test) => mark(tests.filter((each) => each.file === sockets.file && test(each.name)));
  const cells = (mark) => kinds.map((kind) => (sockets.kinds.includes(kind) ? mark(kind) : '–'));
  return [
    [sockets.on, ...cells((kind) => of((name) => name.endsWith(`, on ${kind}`)))],
    [sockets.off, ...cells((kind) => (kind === 'chat' ? of((name) => name.startsWith('switched off')) : '–'))],
  ];
}

function caseTable(findings, tests) {
  const cell = (entry, kind) => (entry.kinds.includes(kind) ? mark(matching(findings, entry.name, kind)) : '–');
  return table(
    ['Codex', ...kinds.map((kind) => heads[kind])],
    [...cases.map((entry) => [entry.title, ...kinds.map((kind) => cell(entry, kind))]), ...socketRows(tests)],
  );
}

// What differs from run to run, and long lists, stay out.
const steady = (text) =>
  text
    .replace(/,? ?request id: [^\s,]+/g, '')
    .replace(/,? url: [^\s,]+,?/g, '')
    .replace(/You may use: .* more\./, 'You may use: …');
const escaped = (text) =>
  steady(text ?? '')
    .replace(/\n/g, ' ')
    .replace(/\|/g, '\\|')
    .replace(/</g, '&lt;');

function whatIsRead(entry, findings) {
  const told = findings.filter((each) => each.case === entry.name);
  if (mark(told) !== 'yes') return mark(told);
  return 'works' in entry ? '(the answer)' : escaped(told[0].text);
}

function faultTable(findings) {
  const where = (entry) =>
    entry.kinds.length === kinds.length ? 'all' : entry.kinds.map((kind) => heads[kind]).join('; ');
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

// What a run finds when everything passes.
export const passed = [
  ...cases.flatMap(({ name, kinds: on }) => on.map((kind) => ({ table: 'codex', case: name, kind, ok: true }))),
  ...[...faults, ...ownFaults].flatMap(({ name, kinds: on }) =>
    on.map((kind) => ({ table: 'faults', case: name, kind, ok: true })),
  ),
  ...[...sockets.kinds.map((kind) => `, on ${kind}`), 'switched off'].map((name) => ({
    table: 'tests',
    file: sockets.file,
    name,
    ok: true,
  })),
];

// {name: text}, by the names of the markers.
export function rendered(findings) {
  const of = (name) => findings.filter((each) => each.table === name);
  return { cases: caseTable(of('codex'), of('tests')), faults: faultTable(of('faults')) };
}

const between = (name) => new RegExp(`(<!-- ${name}: begin[^\\n]*-->\\n)([^]*?)(\\n<!-- ${name}: end -->)`);

// The document with its tables replaced.
export const document = (text, tables) =>
  Object.entries(tables).reduce((result, [name, content]) => {
    if (!between(name).test(result)) throw new Error(`docs/codex.md has no markers for the table ${name}`);
    return result.replace(between(name), (all, begin, old, end) => begin + content + end);
  }, text);

export const tableIn = (text, name) => between(name).exec(text)?.[2];
