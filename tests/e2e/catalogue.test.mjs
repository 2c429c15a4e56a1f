// Codex learns of a new list of models with any answer: x-models-etag against the ETag of GET /v1/models.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { codexConfig, runCodex } from './lib/codex.mjs';
import { Gateway, shapes } from './lib/gateway.mjs';
import { until } from './lib/wait.mjs';

// A proxy that notes what passes and may tell another etag than the gateway's.
async function startProxy(port, told) {
  const seen = [];
  const server = http.createServer((request, response) => {
    const { url: path, method, headers } = request;
    const upstream = http.request({ port, path, method, headers }, (answer) => {
      const answerHeaders = { ...answer.headers };
      if (told && answerHeaders['x-models-etag']) answerHeaders['x-models-etag'] = told;
      seen.push({ what: `${method} ${path.split('?')[0]}`, headers: answerHeaders });
      response.writeHead(answer.statusCode, answerHeaders);
      answer.pipe(response);
    });
    request.pipe(upstream);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => (server.closeAllConnections(), server.close());
  return { port: server.address().port, seen, stop };
}

for (const shape of shapes) {
  describe(`the list of models, ${shape}`, () => {
    let gateway;
    before(
      async () =>
        (gateway = await Gateway.start({
          shape,
          providers: { demo: { type: 'demo' } },
          models: { demo: { targets: ['demo/demo'], aliases: ['nickname'], context_window: 100_000 } },
        })),
    );
    after(() => gateway?.stop());

    // `count`: so many requests come, the last perhaps when Codex has already ended.
    async function run(count, told) {
      const proxy = await startProxy(gateway.port, told);
      try {
        const config = codexConfig({ gateway, model: 'nickname', catalogue: true });
        const behindProxy = config.replaceAll(`:${gateway.port}/`, `:${proxy.port}/`);
        const codex = await runCodex({ config: behindProxy, key: gateway.key, prompt: 'Say hello' });
        assert.equal(codex.code, 0, codex.said);
        assert.doesNotMatch(codex.said, /model metadata|failed to (refresh|decode)/i, 'Codex knows the alias');
        await until(() => proxy.seen.length >= count, `${count} requests`);
        return proxy.seen;
      } finally {
        proxy.stop();
      }
    }

    test('as long as it stays the same, Codex fetches it once', async () => {
      const seen = await run(2);

      assert.deepEqual(
        seen.map(({ what }) => what),
        ['GET /v1/models', 'POST /v1/responses'],
      );
      assert.equal(seen[1].headers['x-models-etag'], seen[0].headers.etag);
    });

    test('when it is another, Codex fetches it again in the middle of its work', async () => {
      const seen = await run(3, '"another"');

      assert.deepEqual(
        seen.map(({ what }) => what),
        ['GET /v1/models', 'POST /v1/responses', 'GET /v1/models'],
      );
    });
  });
}
