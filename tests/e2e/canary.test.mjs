// What somebody says or hides in whatever input is found nowhere: in no log (debug ones included), metric, error,
// database, journal; byte by byte, also as hex or base64. What is kept on purpose is found, which proves that the
// search works.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { administerEverything, canaries, sayEverything, word } from './lib/canary_inputs.mjs';
import { Places } from './lib/canaries.mjs';
import { Fleet } from './lib/fleet.mjs';
import { chatProvider } from './lib/gateway.mjs';
import { chatBody, post } from './lib/http.mjs';
import { Pki } from './lib/pki.mjs';
import { Issuer } from './lib/tokens.mjs';
import { json, Upstream } from './lib/upstream.mjs';
import { sleep, until } from './lib/wait.mjs';

const certificateName = word('certificate');
const shapes = {
  'one process, SQLite, TLS': { shape: 'serve' },
  'four processes, PostgreSQL': { shape: 'fleet', database: true },
};
const text = (name) => canaries[name].text;

// Answers, or tells in an error what it was asked, as servers do.
class TalkativeUpstream extends Upstream {
  key = text("the provider's key");

  answer({ req, res, body, raw }) {
    if (req.method === 'GET') return json(res, 200, { object: 'list', data: [] });
    const error = {
      message: `${text('what a provider says of an error')}: ${raw} ${req.headers.authorization}`,
      type: 'x',
      code: null,
    };
    if (body.model === 'failing') return json(res, 500, { error });
    if (body.model === 'breaking') return json(res, 400, { error });
    if (body.model === 'midway' && body.stream) {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      const choices = [{ index: 0, delta: { content: 'Well, ' }, finish_reason: null }];
      return res.end(`data: ${JSON.stringify({ id: 'c', choices })}\n\ndata: ${JSON.stringify({ error })}\n\n`);
    }
    const message = { role: 'assistant', content: text("the model's answer") };
    const usage = { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 };
    const base = { id: 'c', created: 1, model: body.model, usage };
    if (!body.stream)
      return json(res, 200, {
        ...base,
        object: 'chat.completion',
        choices: [{ index: 0, message, finish_reason: 'stop' }],
      });
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const chunk = {
      ...base,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: message, finish_reason: 'stop' }],
    };
    res.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
  }
}

for (const [name, options] of Object.entries(shapes)) {
  describe(`canaries, ${name}`, () => {
    const places = new Places();
    const secrets = {};
    let [fleet, upstream, issuer, pki] = [];

    async function begin() {
      upstream = await new TalkativeUpstream().start();
      issuer = await new Issuer().start();
      const certificates = [{ name: `dns:${certificateName}.corp`, tenant: 'research' }];
      const auth = {
        jwt: { corp: issuer.config() },
        certificates,
        key_secret: text('the secret that digests are made with'),
      };
      const sections = { auth, log: { level: 'debug' }, router: { retry: { attempts: 1 }, breaker: { failures: 0 } } };
      fleet = await Fleet.begin({
        ...options,
        password: text("the database's password"),
        key: text('the key from the environment'),
        providers: { books: chatProvider(upstream) },
        models: Object.fromEntries(
          ['counted', 'failing', 'breaking', 'midway'].map((model) => [model, { targets: [`books/${model}`] }]),
        ),
        sections,
      });
    }

    // A door with TLS needs a process of its own, for the other tests speak plain HTTP.
    async function byCertificate() {
      pki = new Pki();
      const tls = { certificate: pki.server.certificate, key: pki.server.key, client_ca: pki.file('ca.pem') };
      fleet.edit((config) => (config.gateway.tls = tls));
      await fleet.revive('gateway', 'SIGTERM');
      const known = pki.issued({ cn: certificateName, names: `DNS:${certificateName}.corp` });
      const unknown = pki.issued({ cn: certificateName, names: `DNS:${certificateName}.evil` });
      for (const client of [known, unknown]) {
        const answer = await pki.ask(fleet.port, '/v1/chat/completions', { client, body: chatBody('counted') });
        places.add('answers', `${JSON.stringify(answer.headers)}${answer.text}`);
      }
    }

    // What waits in the journal because nobody takes it, and what is logged of that.
    async function withoutStore(key, token) {
      await fleet.postgres.kill();
      await sayEverything(fleet, [key], token, places);
      await sleep(1_500); // so that the journal is written to disk, and failures are told
      places.addFolder('journal', path.join(fleet.stateDir, 'journal'));
      places.addFolder('state', fleet.postgres.data);
    }

    before(async () => {
      await begin();
      const { secret } = await fleet.newKey({ tenant: 'research' });
      const token = issuer.token({ claims: { sub: text('the user of a token') } });
      await until(
        async () => (await post(fleet, '/v1/chat/completions', chatBody('counted'), { key: token })).status === 200,
        "the issuer's keys",
      );
      Object.assign(secrets, {
        'a key that was made': secret.slice(8),
        'a token': token.split('.')[2].slice(0, 60),
        'the claims of a token': token.split('.')[1].slice(0, 60),
        "the operator's key": fleet.operator.secret.slice(8),
      });
      await sayEverything(fleet, [secret, fleet.key], token, places);
      await administerEverything(fleet.desk, places);
      places.addFolder('journal', path.join(fleet.stateDir, 'journal'));
      if (options.shape === 'serve') await byCertificate();
      for (const member of fleet.members)
        for (const page of ['/metrics', '/healthz', '/readyz'])
          places.add(`${page} of ${member}`, (await fleet.admin(page, member)).text);
      places.add('a printed configuration', (await fleet.cli('config', 'print', '--config', fleet.configFile)).stdout);
      await sleep(500); // the newest records reach the store
      if (options.shape === 'fleet') await withoutStore(secret, token);
      await Promise.all(Object.values(fleet.programs).map((program) => program.stop()));
      places.add('logs', fleet.logs);
      places.addFolder('state', fleet.stateDir);
    });
    after(async () => {
      await fleet?.stop();
      await upstream?.stop();
      await issuer?.stop();
      pki?.remove();
    });

    const elsewhere = (found, kept = []) => found.filter((line) => !kept.some((place) => line.startsWith(`${place}:`)));

    for (const [what, { text: canary, kept }] of Object.entries(canaries))
      test(`${what} is nowhere${kept ? ` but in ${kept}` : ''}`, () => {
        assert.deepEqual(elsewhere(places.search(canary), kept), []);
      });

    for (const what of ['a key that was made', "the operator's key", 'a token', 'the claims of a token'])
      test(`${what} is nowhere`, () => assert.deepEqual(places.search(secrets[what]), []));

    test('the name of a certificate is kept as the name of its user, and nowhere else', () =>
      assert.deepEqual(elsewhere(places.search(certificateName), ['state', 'journal', 'logs', 'a printed configuration']), []));

    test('the search finds what is there, in every place and form', () => {
      for (const place of ['answers', 'state'])
        assert.ok(
          places.search(text('the name of a key')).some((line) => line.startsWith(`${place}:`)),
          place,
        );
      assert.ok(
        places.search('"event":"request"').some((line) => line.startsWith('logs:')),
        'logs',
      );
      assert.ok(
        places.search('wayleave_').some((line) => line.startsWith('/metrics of gateway:')),
        'metrics',
      );
      if (options.shape === 'fleet')
        assert.ok(
          places.search('counted').some((line) => line.startsWith('journal:')),
          'the journal',
        );
      const planted = new Places();
      const canary = word('planted');
      for (const [form, bytes] of Object.entries({
        text: canary,
        hex: Buffer.from(canary).toString('hex'),
        ...Object.fromEntries(
          [0, 1, 2].map((n) => [`base64 ${n}`, Buffer.from(`${'x'.repeat(n)}${canary}yyy`).toString('base64')]),
        ),
      })) {
        const one = new Places();
        one.add(form, `before ${bytes} after`);
        assert.ok(one.search(canary).length > 0, form);
        assert.deepEqual(one.search(word('other')), [], form);
        planted.add(form, bytes);
      }
      assert.ok(planted.search(canary).length >= 5);
    });
  });
}
