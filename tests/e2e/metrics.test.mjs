// What the programs say of themselves: metrics of traffic that is known, in a format that Prometheus reads, with no
// label that a client could fill; the access log; how much is logged, changed while they run.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { suiteDir } from './lib/env.mjs';
import { chatProvider, Gateway, shapes } from './lib/gateway.mjs';
import { chatBody, collect, open, post, stream } from './lib/http.mjs';
import { MoneyUpstream } from './lib/upstream_money.mjs';
import { until } from './lib/wait.mjs';

const services = ['gateway', 'auth', 'router', 'provider'];
const canary = 'cAnArY7f3';
const settings = (upstream) => ({
  providers: { chat: chatProvider(upstream) },
  models: {
    good: { targets: ['chat/good'] },
    fails: { targets: ['chat/fails'] },
    pauses: { targets: ['chat/pauses-3'] },
    falls: { targets: ['chat/fails', 'chat/good'] },
    'free-*': { targets: ['chat/*'] },
  },
  sections: {
    router: { retry: { attempts: 1 }, breaker: { failures: 0 } },
    prices: { 'chat/*': { input: 1, output: 2 } },
    tenants: { acme: { budget: { daily: 50 } }, tight: { limits: { rpm: 1 } } },
    tracing: { otlp_endpoint: 'http://127.0.0.1:9', sampling: 0 },
    log: { level: 'info' },
  },
});

// A key that works. That it does is seen by a request that is refused: it names no model.
async function keyOf(gateway, tenant) {
  const args = ['--config', gateway.configFile, '--tenant', tenant, '--user', 'ann'];
  const { stdout } = await gateway.cli('key', 'create', ...args);
  const key = stdout.trim();
  const works = () => post(gateway, '/v1/responses', '{}', { key }).then(({ status }) => status !== 401);
  await until(works, 'the new key to work');
  return key;
}

// Name -> {help, type, samples: [{name, labels, value}]}; what breaks the format's rules throws.
function parse(text) {
  const families = new Map();
  let current;
  for (const line of text.trimEnd().split('\n')) {
    const [, kind, name, rest] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      assert.ok(!families.has(name), `${name} is told twice`);
      families.set(name, (current = { name, help: rest, samples: [] }));
    } else if (kind === 'TYPE') {
      assert.equal(current?.name, name);
      assert.match(rest, /^(counter|gauge|histogram)$/);
      current.type = rest;
    } else {
      const [, sample, labels = '', value] = /^(\w+)(?:\{((?:\w+="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)$/.exec(line) ?? [];
      assert.ok(sample, `no sample: ${line}`);
      const own = current.type === 'histogram' ? sample.replace(/_(bucket|sum|count)$/, '') : sample;
      assert.equal(own, current.name, `${sample} stands below ${current.name}`);
      assert.ok(Number.isFinite(Number(value)) || value === 'Nan' || value === '+Inf', line);
      current.samples.push({ name: sample, labels, value: Number(value) });
    }
  }
  return families;
}

const metricsOf = async (gateway, service) => parse((await gateway.admin('/metrics', service)).text);

// Service -> names of the families that docs/metrics.md lists for it.
function documented() {
  const text = fs.readFileSync(path.join(suiteDir, '..', '..', 'docs', 'metrics.md'), 'utf8');
  const sections = text.split('\n## ').slice(1);
  return Object.fromEntries(
    sections.map((section) => [
      section.split('\n')[0].toLowerCase(),
      [...section.matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \|/gm)].map(([, name]) => name),
    ]),
  );
}

for (const shape of shapes) {
  describe(`metrics, ${shape}`, () => {
    let upstream, gateway, key, tight;
    const becomes = async (value, name, labels, service = 'gateway') => {
      let last;
      const same = async () => (last = await gateway.metric(service, name, labels)) === value;
      await until(same, `${name} to be ${value}`).catch((error) => {
        throw new Error(`${error.message}; it is ${last}`);
      });
    };

    before(async () => {
      upstream = await new MoneyUpstream().start();
      gateway = await Gateway.start({ shape, ...settings(upstream) });
      key = await keyOf(gateway, 'acme');
      tight = await keyOf(gateway, 'tight');
      for (const wayleave_tenant of ['acme', 'tight'])
        await becomes(1, 'wayleave_gateway_tenant_requests_total', { result: 'refused', wayleave_tenant });
    });
    after(async () => {
      await gateway?.stop();
      await upstream?.stop();
    });

    // Who asks no other service counts no such questions.
    const needless = (service) => {
      if (shape === 'serve') return /^wayleave_(rpc_client_|gateway_(cache_lookups|outcome_reports_unheard|vacates_unheard))/;
      return service === 'auth' || service === 'provider' ? /^wayleave_rpc_client_/ : /^$/;
    };

    const target = {
      gen_ai_operation_name: 'chat',
      gen_ai_provider_name: 'chat',
      gen_ai_request_model: 'good',
      wayleave_tenant: 'acme',
    };
    const ask = (model, more = {}, options = {}) =>
      post(gateway, '/v1/chat/completions', chatBody(model, more), { key, ...options });

    test('a document, a stream, a failure, a second target and a refusal are counted as what they are', async () => {
      const document = await ask('good');
      assert.equal(document.status, 200);
      const timing = /^wayleave;dur=(\d+\.\d{3}), upstream;dur=(\d+\.\d{3})$/.exec(document.headers['server-timing']);
      assert.ok(timing, document.headers['server-timing']);
      const withUsage = chatBody('good', { stream_options: { include_usage: true } });
      await stream(gateway, '/v1/chat/completions', withUsage, { key });
      assert.ok((await ask('fails')).status >= 500);
      assert.equal((await ask('falls')).status, 200);
      await ask('good', {}, { key: tight });
      assert.equal((await ask('good', {}, { key: tight })).status, 429);
      assert.equal((await ask('good', {}, { key: 'nobody' })).status, 401);

      await becomes(3, 'gen_ai_client_operation_duration_seconds_count', target);
      await becomes(1, 'gen_ai_client_operation_duration_seconds_count', {
        error_type: 'upstream_error',
        wayleave_tenant: 'acme',
      });
      await becomes(1, 'gen_ai_server_time_to_first_token_seconds_count', target);
      await becomes(1, 'gen_ai_server_time_per_output_token_seconds_count', target);
      await becomes(3 * 1203, 'gen_ai_client_token_usage_tokens_sum', { ...target, gen_ai_token_type: 'input' });
      await becomes(3 * 37, 'gen_ai_client_token_usage_tokens_sum', { ...target, gen_ai_token_type: 'output' });
      const charged = { wayleave_tenant: 'acme', model: 'good' };
      const cost = await gateway.metric('gateway', 'wayleave_cost_usd_total', charged);
      assert.ok(Math.abs(cost - 3 * (1203 + 2 * 37) / 1e6) < 1e-9, `${cost} dollars`);

      const results = { ok: 3, failed: 1, refused: 1, cancelled: 0 };
      for (const [result, count] of Object.entries(results))
        await becomes(count, 'wayleave_gateway_tenant_requests_total', { result, wayleave_tenant: 'acme' });
      await becomes(2, 'wayleave_gateway_tenant_requests_total', { result: 'refused', wayleave_tenant: 'tight' });
      await becomes(1, 'wayleave_gateway_fallbacks_total', { provider: 'chat' });
      await becomes(1, 'wayleave_gateway_errors_total', { code: 'rate_limit_exceeded' });
      await becomes(1, 'wayleave_auth_limit_refusals_total', { limit: 'requests', scope: 'tenant' }, 'auth');
      const left = () => gateway.metric('auth', 'wayleave_auth_budget_left_usd', { tenant: 'acme', period: 'day' });
      await until(async () => Math.abs((await left()) - (50 - cost)) < 1e-6, 'the budget that is left');
      await becomes(0, 'wayleave_gateway_journal_pending', {});
    });

    test('a client that leaves is no error', async () => {
      const errors = await gateway.metric('gateway', 'wayleave_gateway_errors_total');
      const { request, response } = open(gateway.port, {
        method: 'POST',
        path: '/v1/chat/completions',
        body: chatBody('pauses', { stream: true }),
        key,
      });
      assert.equal((await response).statusCode, 200);
      request.destroy();
      await collect(await response);

      await becomes(1, 'wayleave_gateway_tenant_requests_total', { result: 'cancelled', wayleave_tenant: 'acme' });
      await becomes(1, 'gen_ai_client_operation_duration_seconds_count', { error_type: 'cancelled' });
      assert.equal(await gateway.metric('gateway', 'wayleave_gateway_errors_total'), errors);
    });

    test('the text is what Prometheus reads, with help and type for everything', async () => {
      for (const service of services) {
        const families = await metricsOf(gateway, service);
        for (const { name, help, type } of families.values()) assert.ok(help && type, name);
        for (const { name, type, samples } of families.values()) {
          assert.equal(type === 'counter', name.endsWith('_total'), `${name} is a ${type}`);
          if (type === 'counter') for (const { value } of samples) assert.ok(value >= 0, name);
        }
      }
    });

    test('every metric of docs/metrics.md is there, in the service that it is said to be of', async () => {
      const { 'every program': common, ...own } = documented();
      assert.deepEqual(Object.keys(own), services);
      for (const service of services) {
        const families = await metricsOf(gateway, service);
        const missing = [...common, ...own[service]].filter((name) => !families.has(name));
        assert.deepEqual(missing.filter((name) => !needless(service).test(name)), [], service);
      }
    });

    test('and no other', async () => {
      const { 'every program': common, ...own } = documented();
      const known = new Set([...common, ...Object.values(own).flat()]);
      for (const service of services) {
        const families = await metricsOf(gateway, service);
        assert.deepEqual([...families.keys()].filter((name) => !known.has(name)), [], service);
      }
    });

    test('nothing that a client sends becomes a label', async () => {
      const headers = {
        'user-agent': canary,
        'x-request-id': canary,
        session_id: canary,
        'x-provider': canary,
        originator: canary,
        [`x-${canary}`]: canary,
      };
      await ask(`free-${canary}`, { user: canary }, { headers: { ...headers, 'x-provider': 'chat' } });
      await ask(`free-${canary}`, { user: canary }, { headers });
      await ask(canary, {}, { headers });
      await ask(`chat/${canary}`, {}, { headers });
      await post(gateway, `/v1/${canary}`, '{}', { key: canary, headers });
      await post(gateway, '/v1/embeddings', { model: canary, input: canary }, { key, headers });
      await becomes(1, 'wayleave_gateway_errors_total', { code: 'unknown_url' });

      const unnamed = { gen_ai_request_model: '_other', wayleave_tenant: 'acme' };
      assert.ok((await gateway.metric('gateway', 'gen_ai_client_operation_duration_seconds_count', unnamed)) > 0);
      for (const service of services) {
        const { text } = await gateway.admin('/metrics', service);
        assert.ok(!text.toLowerCase().includes(canary.toLowerCase()), `${service} shows what a client sent`);
      }
    });

    test('the access line says who, what, how often and how long', async () => {
      const id = `metrics-${shape}-line`;
      const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-00`;
      await ask('falls', {}, { headers: { 'x-request-id': id, traceparent } });
      const isIt = (line) => line.includes(id) && line.includes('"event":"request"');
      const find = () => gateway.logs.split('\n').find(isIt);
      const line = JSON.parse(await until(find, 'the line'));

      assert.equal(line.tenant, 'acme');
      assert.equal(line.user, 'ann');
      assert.equal(line.trace_id, 'ab'.repeat(16));
      assert.equal(line.attempts, 2);
      assert.equal(line.outcome, 'completed');
      for (const time of ['authenticate', 'route', 'reserve', 'overhead', 'first_byte', 'settle', 'added', 'duration'])
        assert.ok(line[`${time}_ms`] >= 0 && line[`${time}_ms`] <= line.duration_ms, `${time}: ${find()}`);
      assert.ok(line.request_bytes > 0 && line.answer_bytes > 0);
      assert.ok(!JSON.stringify(line).includes('Say hello'));
    });

    test('how much is logged follows signals and the configuration', async () => {
      const line = (now, by) => `"event":"log.level","now":"${now}","by":"${by}"`;
      const told = (now, by, count) =>
        until(() => gateway.logs.split(line(now, by)).length > count, `${count} lines of ${now} by ${by}`);
      for (const service of shape === 'serve' ? ['gateway'] : services) gateway.process(service).signal('SIGUSR1');
      const processes = shape === 'serve' ? 1 : services.length;
      await told('debug', 'SIGUSR1', processes);
      await becomes(0, 'wayleave_log_level', {});
      for (const service of shape === 'serve' ? ['gateway'] : services) gateway.process(service).signal('SIGUSR2');
      await told('info', 'SIGUSR2', processes);

      gateway.edit((config) => (config.log = { level: 'warning' }));
      await told('warning', 'configuration', processes);
      await becomes(2, 'wayleave_log_level', {});
    });
  });
}
