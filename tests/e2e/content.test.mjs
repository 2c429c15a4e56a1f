// A tenant's content is kept as its auditor alone can read it: what was asked and answered comes back by the command
// line with the private key, lies nowhere in clear, and does not change unnoticed.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Fleet } from './lib/fleet.mjs';
import { chatProvider } from './lib/gateway.mjs';
import { open, post, readAll } from './lib/http.mjs';
import { scripts } from './lib/scripts.mjs';
import { ChatUpstream } from './lib/upstream_chat.mjs';
import { until } from './lib/wait.mjs';

const canary = 'canary-7f3a9c51d2';
const secret = 'ada.lovelace@example.com';
const spellings = [canary, secret].flatMap((text) => [
  Buffer.from(text),
  ...['hex', 'base64'].map((form) => Buffer.from(Buffer.from(text).toString(form).replace(/.{4}$/, ''))),
]);

Object.assign(scripts, {
  'echoes-content': async (turn) => {
    await turn.say(turn.seen.asked);
    await turn.finish('stop');
  },
  'hangs-content': async (turn) => {
    await turn.say(turn.seen.asked);
    await turn.closed;
  },
});

// What an answer says, as a document or as events.
const said = (text) =>
  text.startsWith('{')
    ? JSON.parse(text).choices[0].message.content
    : [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json).choices[0]?.delta?.content ?? '').join('');

const shapes = { 'one process, SQLite': { shape: 'serve' }, 'four processes, PostgreSQL': { shape: 'fleet', database: true } };

// Every file below a folder that holds one of the spellings.
const leaks = (folder) =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => {
      const bytes = fs.readFileSync(file);
      return spellings.some((spelling) => bytes.includes(spelling));
    });

for (const [name, options] of Object.entries(shapes)) {
  describe(`sealed content, ${name}`, () => {
    const keys = {};
    const files = {};
    let [fleet, upstream] = [];

    const cli = (...args) => fleet.cli(...args, '--config', fleet.configFile);
    const fails = async (promise) => {
      const error = await promise.then(
        () => assert.fail('it was done'),
        (reason) => reason,
      );
      return { code: error.code, text: `${error.stdout}${error.stderr}` };
    };
    const makeKeys = async (tenant) => {
      files[tenant] = path.join(fleet.dir, `${tenant}.key`);
      const { stdout } = await fleet.cli('audit', 'keygen', '--out', files[tenant]);
      assert.match(stdout, /^wlpub_[\w-]{43}\n$/);
      assert.equal(fs.statSync(files[tenant]).mode & 0o777, 0o600);
      return stdout.trim();
    };
    const ask = async (tenant, stream) => {
      const body = { model: 'echoes', stream, messages: [{ role: 'user', content: `${canary} for ${secret}` }] };
      const answer = await post(fleet, '/v1/chat/completions', body, { key: keys[tenant] });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(said(answer.text), `${canary} for ${secret}`);
      return answer.headers['x-request-id'];
    };
    const recorded = (id) =>
      until(async () => {
        const [row] = await fleet.store.rows(`select reservation_id from usage where request_id = '${id}'`);
        return row?.reservation_id;
      }, 'the record of a request');
    const read = async (id, tenant) => {
      const { stdout } = await cli('audit', 'content', id, '--key-file', files[tenant], '--json');
      return JSON.parse(stdout);
    };

    before(async () => {
      upstream = await new ChatUpstream({ style: 'openai', key: 'k' }).start();
      const redact = { kinds: ['email'], restore: true };
      fleet = await Fleet.begin({
        ...options,
        providers: { chat: chatProvider(upstream) },
        models: { echoes: { targets: ['chat/echoes-content'] }, hangs: { targets: ['chat/hangs-content'] } },
        sections: { tenants: { open: { redact } }, gateway: { redact }, log: { level: 'debug' } },
      });
      await cli('tenant', 'create', 'research', '--content-key', await makeKeys('research'));
      await cli('tenant', 'create', 'others');
      await cli('tenant', 'update', 'others', '--content-key', await makeKeys('others'));
      for (const tenant of ['research', 'others', 'open']) keys[tenant] = (await fleet.newKey({ tenant })).secret;
    });
    after(async () => {
      await fleet?.stop();
      await upstream?.stop();
    });

    for (const stream of [false, true]) {
      test(`is read back by its auditor, ${stream ? 'a stream' : 'a document'}`, async () => {
        const id = await ask('research', stream);
        const reservation = await recorded(id);

        const { head, request, answer } = await read(id, 'research');

        assert.deepEqual(
          [head.request_id, head.reservation_id, head.tenant, head.status, head.outcome],
          [id, reservation, 'research', 200, 'completed'],
        );
        assert.ok(request.includes(`${canary} for [EMAIL_1]`), request);
        assert.equal(said(answer), `${canary} for [EMAIL_1]`);
        assert.deepEqual(await read(reservation, 'research'), { head, request, answer });
        const { records } = await fleet.desk.tells('/audit?kind=admin&tenant=research');
        const reads = records.map(({ body }) => JSON.parse(body)).filter(({ action }) => action === 'content.read');
        assert.equal(reads.filter(({ subject }) => subject === reservation).length, 2);
      });
    }

    test("another tenant's key does not open it, and who did not opt in has none", async () => {
      const id = await ask('research', false);
      await recorded(id);
      const other = await fails(cli('audit', 'content', id, '--key-file', files.others));
      assert.equal(other.code, 1);
      assert.match(other.text, /this key does not open it/);
      assert.ok(!other.text.includes(canary));

      const unkept = await ask('open', false);
      await recorded(unkept);
      assert.match((await fails(cli('audit', 'content', unkept, '--key-file', files.research))).text, /no content of this/);
      const public_key = await fails(fleet.cli('tenant', 'update', 'others', '--content-key', 'wlsec_x', '--config', fleet.configFile));
      assert.match(public_key.text, /must be a public key/);
      assert.match((await fails(fleet.cli('audit', 'keygen', '--out', files.others))).text, /File exists/);
    });

    test('is kept of a client that leaves in the middle', async () => {
      const body = { model: 'hangs', stream: true, messages: [{ role: 'user', content: canary }] };
      const { request, response } = open(fleet.port, {
        method: 'POST',
        path: '/v1/chat/completions',
        body,
        key: keys.research,
      });
      const head = await response;
      const id = head.headers['x-request-id'];
      request.destroy();
      await readAll(head).catch(() => {}); // it was cut off
      await recorded(id);
      const { head: kept, request: asked } = await read(id, 'research');
      assert.equal(kept.outcome, 'cancelled');
      assert.ok(asked.includes(canary));
    });

    test('lies nowhere in clear', async () => {
      await recorded(await ask('research', true));
      assert.deepEqual(leaks(fleet.stateDir), []);
      if (fleet.postgres) assert.deepEqual(leaks(fleet.postgres.data), []);
      assert.ok(!spellings.some((spelling) => fleet.logs.includes(spelling)));
    });

    test('does not change unnoticed', async () => {
      const ids = [];
      for (let n = 0; n < 3; ++n) ids.push(await recorded(await ask('research', false)));
      const verified = await cli('audit', 'verify');
      assert.match(verified.stdout, /Sealed contents compared with the chain: [1-9]/);
      const [changed, from, removed] = ids;
      await fleet.store.change(
        `update contents set sealed = (select sealed from contents where reservation_id = '${from}') where reservation_id = '${changed}'`,
      );
      await fleet.store.change(`delete from contents where reservation_id = '${removed}'`);

      const { code, text } = await fails(cli('audit', 'verify'));

      assert.equal(code, 1);
      assert.ok(text.includes(`request ${changed}: its sealed content was changed`), text);
      assert.ok(text.includes(`request ${removed}: its sealed content was removed before its time`), text);
      assert.match(text, /Problems found: 2\./);
      assert.match((await fails(cli('audit', 'content', changed, '--key-file', files.research))).text, /does not open/);
    });
  });
}
