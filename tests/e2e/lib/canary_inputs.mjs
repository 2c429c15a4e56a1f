// Everything that somebody may say to the product, with a word in it by which it is recognised. What a provider
// quotes in an error is told to the client who said it: these answers are `quotes`.
import { fetchAll, post } from './http.mjs';

export const word = (name) => `canary-${name}-7f3a91c4e5`;

// Words by where they are said. Some are data that is kept on purpose: `kept` names the places.
export const canaries = {
  'the key from the environment': { text: word('environment-key') },
  'a wrong key': { text: word('wrong-key') },
  "the provider's key": { text: word('provider-key') },
  'the secret that digests are made with': { text: word('digest-secret-of-32-characters') },
  "the database's password": { text: word('database-password') },
  'a prompt': { text: word('prompt'), kept: ['quotes'] },
  instructions: { text: word('instructions'), kept: ['quotes'] },
  "a tool's output": { text: word('tool-output'), kept: ['quotes'] },
  "a tool's description": { text: word('tool'), kept: ['quotes'] },
  'metadata of a body': { text: word('metadata'), kept: ['answers', 'quotes'] },
  'the user of a body': { text: word('body-user'), kept: ['quotes'] },
  "the model's answer": { text: word('answer'), kept: ['answers', 'quotes'] },
  'what a provider says of an error': { text: word('upstream-error'), kept: ['quotes'] },
  'a header': { text: word('header') },
  'a cookie': { text: word('cookie') },
  'a query': { text: word('query') },
  "a model's name that nobody has": { text: word('model'), kept: ['answers', 'logs'] },
  'a body that is no JSON': { text: word('broken-body') },
  'a wrong type': { text: word('wrong-type') },
  'a member that administration does not know': { text: word('admin-member'), kept: ['answers'] },
  'a value that administration refuses': { text: word('admin-value'), kept: ['answers'] },
  'a query of administration': { text: word('admin-query') },
  'a key in the wrong place of administration': { text: word('admin-path') },
  'the name of a key': { text: word('key-name'), kept: ['answers', 'state'] },
  'the user of a token': { text: word('token-user'), kept: ['state', 'journal', 'logs'] },
};
const said = (name) => canaries[name].text;

const bodies = {
  '/v1/responses': (model) => ({
    model,
    instructions: said('instructions'),
    input: [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: said('a prompt') }] },
      { type: 'function_call', call_id: 'call_1', name: 'look', arguments: `{"x":"${said("a tool's output")}"}` },
      { type: 'function_call_output', call_id: 'call_1', output: said("a tool's output") },
    ],
    tools: [
      { type: 'function', name: 'look', description: said("a tool's description"), parameters: { type: 'object' } },
    ],
    metadata: { note: said('metadata of a body') },
    user: said('the user of a body'),
    store: false,
  }),
  '/v1/chat/completions': (model) => ({
    model,
    messages: [
      { role: 'system', content: said('instructions') },
      { role: 'user', content: said('a prompt') },
    ],
    metadata: { note: said('metadata of a body') },
    user: said('the user of a body'),
  }),
};

const tolerant = (answer) => answer.catch((error) => ({ headers: {}, text: error.message }));

const quoting = ['failing', 'breaking', 'midway'];
const toldIn = (answers) => answers.map(({ headers, text }) => `${JSON.stringify(headers)}\n${text}`).join('\n');

// Adds all that the clients were told to the places.
export async function sayEverything(door, keys, token, places) {
  const answers = [];
  const quotes = [];
  const headers = {
    'x-canary': said('a header'),
    'user-agent': said('a header'),
    cookie: `session=${said('a cookie')}`,
  };
  const ask = async (path, body, key) =>
    (quoting.includes(body.model) ? quotes : answers).push(
      await tolerant(post(door, `${path}?q=${said('a query')}`, body, { key, headers })),
    );
  for (const [path, bodyOf] of Object.entries(bodies)) {
    for (const key of [...keys, token])
      for (const model of ['counted', ...quoting, said("a model's name that nobody has")])
        for (const stream of [false, true]) await ask(path, { ...bodyOf(model), stream }, key);
    await ask(path, bodyOf('counted'), said('a wrong key'));
    await ask(path, bodyOf('counted'), `${token.slice(0, -8)}AAAAAAAA`);
    await ask(path, `{"input":"${said('a body that is no JSON')}",`, keys[0]);
    await ask(
      path,
      { model: 'counted', input: { odd: said('a wrong type') }, messages: said('a wrong type') },
      keys[0],
    );
  }
  places.add('answers', toldIn(answers));
  places.add('quotes', toldIn(quotes));
}

// The same for administration.
export async function administerEverything(desk, places) {
  const answers = [
    await desk.call('POST', '/keys', { name: said('the name of a key'), tenant: 'research' }),
    await desk.call('POST', '/keys', { [said('a member that administration does not know')]: 1 }),
    await desk.call('POST', '/tenants', { name: said('a value that administration refuses').repeat(9) }),
    await desk.call('POST', '/tenants', `{"name":"${said('a body that is no JSON')}"`),
    await desk.call('PUT', '/tenants/research/users/x', {
      terms: { hours: [said('a value that administration refuses')] },
    }),
    await desk.call('GET', `/keys/${said('a key in the wrong place of administration')}`),
    await desk.call('GET', `/usage?user=${said('a query of administration')}`),
    await desk.call('GET', `/usage?since=${said('a query of administration')}`),
    await fetchAll(desk.port, { path: '/admin/v1/tenants', key: said('a wrong key') }),
  ];
  places.add('answers', toldIn(answers));
}
