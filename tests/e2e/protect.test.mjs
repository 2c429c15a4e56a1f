// What a tenant's policy keeps back reaches no provider, in whatever part of a request it stands, and comes back in the
// answer as if nothing had happened: at three doors, before three kinds of servers, as documents and in pieces.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Fleet } from './lib/fleet.mjs';
import { chatProvider, messagesProvider, nativeProvider, shapes } from './lib/gateway.mjs';
import { post } from './lib/http.mjs';
import { Caller } from './lib/inference.mjs';
import { ask, askByWebSocket, doors } from './lib/protect_doors.mjs';
import { scripts } from './lib/scripts.mjs';
import { ChatUpstream } from './lib/upstream_chat.mjs';
import { MessagesUpstream } from './lib/upstream_messages.mjs';
import { ResponsesUpstream } from './lib/upstream_responses.mjs';
import { atMost, until } from './lib/wait.mjs';

const values = {
  EMAIL: 'ada.lovelace@example.com',
  CARD: '4111 1111 1111 1111',
  PHONE: '+49 30 90182034',
  SECRET: 'sk-proj-Zx81kQpL0vTn3RbYw7HdGm25CsFj64Ae',
  EMPLOYEE: 'EMP-123456',
};
const other = { EMAIL: 'grace@navy.example', EMPLOYEE: 'EMP-654321' };
const told = `Write to ${values.EMAIL}, charge ${values.CARD}, call ${values.PHONE}; the key is ${values.SECRET}, the badge ${values.EMPLOYEE}. 💳 "Again": ${values.EMAIL}!`;
const texts = {
  system: `You help ${other.EMAIL}.`,
  output: `{"who":"${other.EMPLOYEE}","mail":"${values.EMAIL}"}`,
  user: told,
};
const hidden = [...Object.values(values), ...Object.values(other), values.CARD.replaceAll(' ', '')];
const redact = { kinds: ['email', 'card', 'phone', 'secrets'], patterns: { employee: 'EMP-[0-9]{6}' } };
const tenants = { careful: { redact }, sealed: { redact: { ...redact, restore: false } }, plain: {} };

Object.assign(scripts, {
  echoes: async (turn) => {
    await turn.say(turn.seen.asked);
    await turn.finish('stop');
  },
  'echoes-calls': (turn) =>
    turn.call([
      { id: 'call_2', name: turn.seen.tools[0].name, arguments: { text: turn.seen.asked, more: [turn.seen.asked] } },
    ]),
});

const kinds = {
  chat: {
    upstream: () => new ChatUpstream({ style: 'openai', key: 'k' }),
    provider: chatProvider,
    doors: ['responses', 'chat', 'messages'],
  },
  native: { upstream: () => new ResponsesUpstream({ key: 'k' }), provider: nativeProvider, doors: ['responses'] },
  anthropic: {
    upstream: () => new MessagesUpstream({ key: 'k' }),
    provider: messagesProvider,
    doors: ['messages', 'responses'],
  },
};
const leaked = (bytes) => hidden.filter((value) => bytes.includes(value));

for (const shape of shapes) {
  describe(`protected, ${shape}`, () => {
    const upstreams = {};
    const keys = {};
    let fleet;

    before(async () => {
      const providers = {};
      const models = {};
      for (const [kind, { upstream, provider }] of Object.entries(kinds)) {
        upstreams[kind] = await upstream().start();
        providers[kind] = provider(upstreams[kind]);
        for (const script of ['echoes', 'echoes-calls'])
          models[`${kind}-${script}`] = { targets: [`${kind}/${script}@a-model-with-a-longer-name`] };
      }
      fleet = await Fleet.begin({ shape, providers, models, sections: { tenants } });
      for (const tenant of Object.keys(tenants)) keys[tenant] = (await fleet.newKey({ tenant })).secret;
    });
    after(async () => {
      await fleet?.stop();
      for (const upstream of Object.values(upstreams)) await upstream.stop();
    });

    // Asks, and resolves to the answer and what the provider got for it.
    async function exchanged(kind, run) {
      const seen = upstreams[kind].exchanges.length;
      const answer = await run();
      const [exchange, ...more] = upstreams[kind].exchanges.slice(seen);
      assert.equal(more.length, 0);
      assert.deepEqual(exchange.violations, []);
      assert.match(exchange.model, /@a-model-with-a-longer-name$/, 'the name of the model was spoilt');
      return { answer, got: exchange.raw.toString() };
    }

    function assertHidden(got) {
      assert.deepEqual(leaked(got), [], got);
      for (const label of Object.keys(values))
        assert.match(got, new RegExp(`\\[${label}_\\d+\\]`), `no placeholder for ${label}`);
    }

    for (const [kind, { doors: used }] of Object.entries(kinds))
      for (const door of used)
        for (const streams of [false, true]) {
          const way = `${door} before ${kind}, ${streams ? 'a stream' : 'a document'}`;
          test(`${way}: text`, async () => {
            const body = doors[door].body(`${kind}-echoes`, texts);
            const { answer, got } = await exchanged(kind, () =>
              ask(fleet, doors[door], body, { key: keys.careful, streams }),
            );
            assertHidden(got);
            assert.equal(answer.text, told);
            if (answer.last) assert.equal(answer.last.text, told);
            assert.doesNotMatch(answer.raw, /\[(EMAIL|CARD|PHONE|SECRET|EMPLOYEE)_/);
          });
          test(`${way}: a call's arguments`, async () => {
            const body = doors[door].body(`${kind}-echoes-calls`, texts, true);
            const { answer, got } = await exchanged(kind, () =>
              ask(fleet, doors[door], body, { key: keys.careful, streams }),
            );
            assertHidden(got);
            assert.deepEqual(JSON.parse(answer.call), { text: told, more: [told] });
            if (answer.last) assert.deepEqual(JSON.parse(answer.last.call), { text: told, more: [told] });
          });
        }

    test('over a WebSocket', async () => {
      const body = doors.responses.body('chat-echoes', texts);
      const { answer, got } = await exchanged('chat', () => askByWebSocket(fleet, body, keys.careful));
      assertHidden(got);
      assert.equal(answer.text, told);
    });

    test('written with escapes', async () => {
      const json = JSON.stringify(doors.chat.body('chat-echoes', texts))
        .replaceAll('@', '\\u0040')
        .replaceAll('EMP-', '\\u0045MP-')
        .replaceAll('sk-', 's\\u006b-');
      const { answer, got } = await exchanged('chat', () => ask(fleet, doors.chat, json, { key: keys.careful }));
      assertHidden(got);
      assert.equal(answer.text, told);
    });

    test('placeholders of the client itself are left alone', async () => {
      const user = `Keep [EMAIL_1] and [CARD_2] as they are; ${values.EMAIL}`;
      const { answer } = await exchanged('chat', () =>
        ask(fleet, doors.chat, doors.chat.body('chat-echoes', { ...texts, user }), { key: keys.careful }),
      );
      assert.equal(answer.text, user);
    });

    test('where nothing shall come back, placeholders do', async () => {
      for (const streams of [false, true]) {
        const body = doors.responses.body('chat-echoes', texts);
        const { answer, got } = await exchanged('chat', () =>
          ask(fleet, doors.responses, body, { key: keys.sealed, streams }),
        );
        assertHidden(got);
        assert.match(answer.text, /Write to \[EMAIL_\d+\], charge \[CARD_\d+\]/);
      }
    });

    test('another tenant is not concerned', async () => {
      for (const [name, door] of Object.entries(doors)) {
        const { answer, got } = await exchanged('chat', () =>
          ask(fleet, door, door.body('chat-echoes', texts), { key: keys.plain }),
        );
        assert.equal(answer.text, told, name);
        for (const value of Object.values(values)) assert.ok(got.includes(value), `${name}: ${value}`);
      }
    });

    test('questions that make no answer are kept from providers, too', async () => {
      const counting = doors.messages.body('anthropic-echoes', texts);
      await post(fleet, '/v1/messages/count_tokens', { ...counting, max_tokens: undefined }, { key: keys.careful });
      await post(fleet, '/v1/embeddings', { model: 'native-echoes', input: [told] }, { key: keys.careful });
      const all = Object.values(upstreams)
        .flatMap((upstream) => upstream.exchanges)
        .filter(({ path }) => /count_tokens|embeddings/.test(path));
      assert.ok(all.length > 0, 'no provider was asked');
      for (const { raw, path } of all) assert.deepEqual(leaked(raw.toString()), [], path);
    });

    test('nor do internal services pass by it', async () => {
      const caller = new Caller(fleet, { key: keys.careful });
      const messages = [{ role: 'ROLE_USER', parts: [{ text: told }] }];
      try {
        const { answer, got } = await exchanged('chat', () => caller.answer({ model: 'chat-echoes', messages }));
        assertHidden(got);
        assert.equal(answer.text, told);
      } finally {
        caller.close();
      }
    });

    test('a policy that is written into the file later counts, or the log says that it does not yet', async () => {
      const saysSo = () => fleet.logs.split('\n').some((line) => /restart/i.test(line) && /redact|tenants/.test(line));
      fleet.edit((config) => (config.tenants.later = { redact }));
      const there = async () => (await fleet.desk.tells('/tenants')).tenants.some(({ name }) => name === 'later');
      await until(there, 'the tenant');
      const { secret } = await fleet.newKey({ tenant: 'later' });
      await until(
        async () => {
          const body = doors.chat.body('chat-echoes', texts);
          const { got } = await exchanged('chat', () => ask(fleet, doors.chat, body, { key: secret }));
          return leaked(got).length === 0 || saysSo();
        },
        'the policy to count',
        atMost(1_000),
      );
    });

    test('what was kept back is counted, and told nowhere', async () => {
      assert.ok((await fleet.metric('gateway', 'wayleave_gateway_redactions_total', { kind: 'EMAIL' })) > 0);
      assert.deepEqual(leaked(fleet.logs), []);
    });
  });
}
