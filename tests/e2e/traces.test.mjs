// Traces as a collector gets them: of the real Codex, through one process and through four.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Collector, tree } from './lib/collector.mjs';
import { codexConfig, runCodex } from './lib/codex.mjs';
import { shapes, toldAtOnce } from './lib/gateway.mjs';
import { get, post } from './lib/http.mjs';
import { World } from './lib/setup.mjs';
import { until } from './lib/wait.mjs';

const secret = 'secret-of-the-collector';
const prompt = 'A prompt that no trace may hold';
const models = {
  coder: 'openai/hello',
  plain: 'openai/hello',
  sound: 'openai/hello',
  embedded: 'openai/hello',
  patient: { targets: ['openai/fault-500', 'openai/hello'] },
};
// Whoever has a budget is reserved for, and so auth-service is asked.
const sections = {
  tenants: { default: { budget: { daily: 500 } } },
  prices: { 'openai/*': { input: 1000, output: 2000 } },
};
const services = (shape) =>
  Object.fromEntries(
    ['gateway', 'auth', 'router', 'provider'].map((name) => [name, shape === 'serve' ? 'wayleave' : `wayleave-${name}`]),
  );

const newIds = () => ({ trace: randomBytes(16).toString('hex'), parent: randomBytes(8).toString('hex') });
const headerOf = ({ trace, parent }, flags = '01') => `00-${trace}-${parent}-${flags}`;
const named = (spans, name) => spans.find((span) => span.name === name);
const upstreamName = 'POST /v1/chat/completions';
// In one process there are none.
const calls = ['AuthService/Reserve', 'RouterService/Route', 'ProviderService/Generate'];
const isComplete = (name) => (spans) => named(spans, name) && named(spans, 'settle');
const isThroughAll = (shape) => (spans) =>
  [...(shape === 'serve' ? [] : calls), upstreamName, 'settle'].every((end) => spans.some((span) => span.name.endsWith(end)));
const body = (model, stream = true) => ({ model, input: prompt, stream });

for (const shape of shapes) {
  describe(`traces, ${shape}`, () => {
    const by = services(shape);
    let collector;
    let world;
    let gateway;
    before(async () => {
      collector = await new Collector({ headers: { 'x-collector-key': secret } }).start();
      const tracing = {
        otlp_endpoint: collector.url,
        sampling: 1,
        headers: { 'x-collector-key': '${COLLECTOR_KEY}' },
      };
      const env = { COLLECTOR_KEY: secret };
      world = await World.start({ shape, models, env, sections: { ...sections, ...toldAtOnce, tracing } });
      ({ gateway } = world);
    });
    after(async () => {
      await world?.stop();
      await collector?.stop();
    });

    // A request in a trace of the client's, and the spans of it.
    async function traced(name, send, complete = isComplete(name)) {
      const ids = newIds();
      const response = await send({ traceparent: headerOf(ids) });
      const spans = await collector.trace(ids.trace, complete);
      return { ids, response, spans, root: named(spans, name) };
    }

    test('a turn of Codex is one trace through all services, with the right parents', async () => {
      const config = codexConfig({ gateway, model: 'coder', top: 'model_reasoning_effort = "low"' });
      const run = await runCodex({ config, key: gateway.key, prompt });
      assert.equal(run.code, 0, run.said);

      const root = await until(
        () => collector.spans.find((span) => span.attributes['wayleave.model'] === 'coder'),
        'the span of the request',
      );
      const spans = await collector.trace(root.trace, isThroughAll(shape));
      const lines = tree(spans, root.parent);
      // Who was authenticated before is not asked of auth-service again.
      const known = [`    ${by.auth} server wayleave.auth.v1.AuthService/Authenticate`];
      const called = (line) => (shape === 'serve' ? [] : [line]);
      const inner = shape === 'serve' ? '    ' : '      ';
      assert.deepEqual(
        lines.filter((line) => !known.includes(line)),
        [
          `${by.gateway} server POST /v1/responses`,
          `  ${by.gateway} client authenticate`,
          `  ${by.gateway} client route`,
          ...called(`    ${by.router} server wayleave.router.v1.RouterService/Route`),
          `  ${by.gateway} client reserve`,
          ...called(`    ${by.auth} server wayleave.auth.v1.AuthService/Reserve`),
          `  ${by.gateway} client chat hello`,
          ...called(`    ${by.provider} server wayleave.provider.v1.ProviderService/Generate`),
          `${inner}${by.provider} client POST /v1/chat/completions`,
          `  ${by.gateway} internal settle`,
        ],
      );

      const attempt = named(spans, 'chat hello');
      assert.equal(attempt.attributes['gen_ai.operation.name'], 'chat');
      assert.equal(attempt.attributes['gen_ai.provider.name'], 'openai');
      assert.equal(attempt.attributes['gen_ai.request.model'], 'hello');
      assert.equal(attempt.attributes['gen_ai.response.model'], 'hello');
      assert.deepEqual(attempt.attributes['gen_ai.response.finish_reasons'], ['stop']);
      assert.ok(attempt.attributes['gen_ai.usage.input_tokens'] > 0);
      assert.ok(attempt.attributes['gen_ai.usage.output_tokens'] > 0);
      assert.equal(attempt.attributes['gen_ai.conversation.id'], run.thread);
      assert.deepEqual(attempt.events, ['first_event']);
      assert.equal(attempt.failed, false);

      assert.equal(root.attributes['http.request.method'], 'POST');
      assert.equal(root.attributes['http.route'], '/v1/responses');
      assert.equal(root.attributes['http.response.status_code'], 200);
      assert.equal(root.attributes['server.port'], gateway.port);
      assert.equal(root.attributes['wayleave.tenant'], 'default');
      assert.ok(root.attributes['wayleave.route.rule']);
      assert.ok(root.attributes['wayleave.cost_usd'] > 0);

      const upstream = named(spans, upstreamName);
      const exchange = world.upstreams.openai.exchanges.findLast((one) => one.model === 'hello');
      assert.equal(exchange.headers.traceparent, `00-${root.trace}-${upstream.id}-01`);
      assert.equal(upstream.attributes['url.full'], `${world.upstreams.openai.url}/v1/chat/completions`);
      assert.equal(upstream.attributes['http.response.status_code'], 200);
      for (const span of spans) {
        assert.ok(span.end >= span.start, span.name);
        assert.ok(span.start >= root.start && span.end <= root.end, `${span.name} lies within the request`);
      }
    });

    test('a client in a trace finds the request in it, and its id in the log', async () => {
      const { ids, response, spans, root } = await traced('POST /v1/responses', (headers) =>
        post(gateway, '/v1/responses', body('plain'), { headers }),
      );

      assert.equal(response.status, 200);
      assert.equal(root.parent, ids.parent);
      assert.equal(root.flags & 0x300, 0x300, 'the parent is remote');
      assert.equal(named(spans, 'chat hello').flags & 0x300, 0x100, 'the parent is not');
      const line = gateway.logs.split('\n').find((text) => text.includes(`"trace_id":"${ids.trace}"`));
      assert.equal(JSON.parse(line).request_id, root.attributes['wayleave.request_id']);
    });

    test('a target that fails is a span of its own', async () => {
      const attempts = (spans) => spans.filter((span) => span.name === upstreamName);
      const { response, spans } = await traced(
        'POST /v1/responses',
        (headers) => post(gateway, '/v1/responses', body('patient', false), { headers }),
        (list) => attempts(list).length === 2 && isComplete('POST /v1/responses')(list),
      );

      assert.equal(response.status, 200, response.text);
      const failed = named(spans, 'chat fault-500');
      assert.equal(failed.failed, true);
      assert.ok(failed.attributes['error.type']);
      assert.equal(failed.attributes['wayleave.upstream_status'], 500);
      assert.equal(named(spans, 'chat hello').failed, false);
      assert.deepEqual(attempts(spans).map((span) => span.attributes['http.response.status_code']).sort(), [200, 500]);
    });

    test('what the client does not trace is not traced, and the upstream is told so', async () => {
      const ids = newIds();

      await post(gateway, '/v1/responses', body('sound'), { headers: { traceparent: headerOf(ids, '00') } });
      await traced('POST /v1/responses', (headers) => post(gateway, '/v1/responses', body('sound'), { headers }));

      assert.equal(collector.spans.some((span) => span.trace === ids.trace), false);
      const headers = world.upstreams.openai.exchanges.map((exchange) => exchange.headers.traceparent);
      assert.ok(headers.includes(headerOf(ids, '00')), headers.join());
    });

    test('a refusal and a list are spans without a target', async () => {
      const ids = newIds();
      const headers = { traceparent: headerOf(ids) };

      await get(gateway, '/v1/models/coder', { headers });
      await post(gateway, '/v1/responses', body('no-such-model'), { headers });

      const spans = await collector.trace(
        ids.trace,
        (list) => named(list, 'POST /v1/responses') && named(list, 'GET /v1/models/{id}'),
      );
      assert.equal(named(spans, 'GET /v1/models/{id}').attributes['http.response.status_code'], 200);
      const refused = named(spans, 'POST /v1/responses');
      assert.equal(refused.attributes['wayleave.error_code'], 'model_not_found');
      assert.equal(refused.failed, false);
      assert.equal(named(spans, 'route').failed, true);
    });

    test('a malformed traceparent begins a trace of our own', async () => {
      const { trace } = newIds();

      await post(gateway, '/v1/responses', body('embedded'), { headers: { traceparent: `00-${trace}-01` } });

      const root = await until(
        () => collector.spans.find((span) => span.attributes['wayleave.model'] === 'embedded'),
        'the span',
      );
      assert.equal(root.parent, '');
      assert.notEqual(root.trace, trace);
    });

    test('no trace and no log holds a secret or a prompt; nothing was lost', async () => {
      assert.deepEqual(collector.violations, []);
      const bytes = Buffer.concat(collector.requests).toString('latin1');
      for (const text of [gateway.key, secret, prompt, 'upstream-secret-of-openai', 'Hello from the scripted model']) {
        assert.equal(bytes.includes(text), false, text);
      }
      assert.equal(gateway.logs.includes(secret), false);
      for (const service of Object.keys(gateway.programs)) {
        assert.equal(await gateway.metric(service, 'wayleave_trace_spans_lost_total'), 0, service);
      }
    });

    test('a collector that is busy gets them again; one that is gone delays nobody, and the log says so', async () => {
      collector.answers.push({ status: 503, headers: { 'retry-after': '0' } });
      const { response } = await traced('POST /v1/responses', (headers) =>
        post(gateway, '/v1/responses', body('plain'), { headers }),
      );
      assert.equal(response.status, 200);

      await collector.stop();
      const { status } = await post(gateway, '/v1/responses', body('plain'));
      assert.equal(status, 200);
      await gateway.process('gateway').stop();

      assert.match(gateway.logs, /"event":"traces_not_delivered"/);
    });
  });
}

describe('traces, asked for by the environment', () => {
  test('nothing is traced unless somebody asks; then the usual variables do', async () => {
    const collector = await new Collector({ headers: { 'x-collector-key': secret } }).start();
    const asked = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '1' };
    const headers = { OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${secret}` };
    try {
      for (const [env, traces] of [
        [{}, false],
        [{ ...asked, ...headers }, true],
        [{ ...asked, OTEL_SDK_DISABLED: 'true' }, false],
      ]) {
        collector.spans = [];
        const world = await World.start({ shape: 'serve', models: { plain: 'openai/hello' }, env });
        const ids = newIds();
        await post(world.gateway, '/v1/responses', body('plain'), { headers: { traceparent: headerOf(ids) } });
        const [exchange] = world.upstreams.openai.exchanges.filter((one) => one.method === 'POST');
        await world.stop(); // sends what is left

        assert.equal(collector.spans.length > 0, traces, JSON.stringify(env));
        assert.equal('traceparent' in exchange.headers, traces);
      }
      assert.deepEqual(collector.violations, []);
    } finally {
      await collector.stop();
    }
  });
});
