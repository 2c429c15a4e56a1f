// The gRPC door: what programs inside a company see, through the example clients of docs/examples.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Gateway, shapes } from './lib/gateway.mjs';
import { get } from './lib/http.mjs';
import { ask, Caller, clients, codes, hello, requestIdIn, VectorUpstream } from './lib/inference.mjs';
import { World } from './lib/setup.mjs';
import { oneRowEach } from './lib/state.mjs';
import { atMost, median, patience, until, within } from './lib/wait.mjs';

const providers = ['openai', 'deepseek', 'native'];
const names = ['uses-add', 'sees-images', 'fills-schema'];
const faults = ['fault-404', 'fault-429', 'fault-500', 'fault-reset'];
const stress = ['endless', 'silent-60000', 'headless-60000', 'flood-200', ...faults];
const models = {
  hello: 'openai/hello',
  thinker: 'deepseek/hello',
  embedder: 'vectors/embedder',
  ...Object.fromEntries(providers.flatMap((p) => names.map((name) => [`${p}-${name}`, `${p}/${name}`]))),
  ...Object.fromEntries(stress.map((name) => [name, `openai/${name}`])),
};
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['city'],
  properties: { city: { type: 'string' } },
};

for (const shape of shapes) {
  describe(`inference over gRPC, ${shape}`, () => {
    let world;
    let vectors;
    let gateway;
    let caller;
    before(async () => {
      vectors = await new VectorUpstream().start();
      const more = { vectors: { type: 'openai-compatible', dialect: 'chat', base_url: `${vectors.url}/v1` } };
      world = await World.start({ shape, styles: ['openai', 'deepseek'], native: true, models, providers: more });
      ({ gateway } = world);
      fs.writeFileSync(path.join(gateway.dir, 'dot.png'), png);
      fs.writeFileSync(path.join(gateway.dir, 'schema.json'), JSON.stringify(schema));
      caller = new Caller(gateway);
    });
    after(async () => {
      caller?.close();
      await world?.stop();
      await vectors?.stop();
    });

    for (const client of clients) {
      const run = (args, options) => ask(gateway, client, args, options);

      test(`${client}: an answer comes as text, and is on record once`, async () => {
        const { code, out, log } = await run(['--model', 'hello', 'Hello']);

        assert.equal(code, 0, log);
        assert.equal(out, 'Hello from the scripted model.');
        assert.match(log, /^\[openai\/hello req_\w+\]\n/);
        assert.match(log, /\[stop, [1-9]\d* \+ [1-9]\d* tokens\]/);
        const [row] = await oneRowEach(gateway.stateDir, [requestIdIn(log)]);
        assert.equal(row.endpoint, 'inference');
        assert.equal(row.model, 'hello');
        assert.equal(row.provider, 'openai');
        assert.ok(row.input_tokens > 0 && row.output_tokens > 0, JSON.stringify(row));
      });

      for (const provider of providers) {
        test(`${client}, ${provider}: the tool loop ends with the tool's result`, async () => {
          const { code, out, log } = await run(['--model', `${provider}-uses-add`, '--effort', 'low', '2 + 40?']);

          assert.equal(code, 0, log);
          assert.match(out, /^I add them up\. *The tool says 42\.$/);
          assert.match(log, /\[tool add \{"a":2,"b":40\}\]/);
          assert.match(log, /\[tool_calls, .*\[stop, /s);
        });

        test(`${client}, ${provider}: an image arrives`, async () => {
          const image = path.join(gateway.dir, 'dot.png');
          const { out, log } = await run(['--model', `${provider}-sees-images`, '--image', image, 'What is it?']);

          assert.equal(out, 'Images: 1.', log);
          const sent = world.upstreams[provider].of('sees-images').at(-1).raw.toString();
          assert.ok(sent.includes(`data:image/png;base64,${png.toString('base64')}`), 'not the bytes that were sent');
        });

        test(`${client}, ${provider}: a schema arrives and is kept`, async () => {
          const file = path.join(gateway.dir, 'schema.json');
          const { out, log } = await run(['--model', `${provider}-fills-schema`, '--schema', file, 'Where?']);

          assert.deepEqual(JSON.parse(out), { city: 'Rome' }, log);
          const { body } = world.upstreams[provider].of('fills-schema').at(-1);
          const format = body.text?.format ?? body.response_format.json_schema;
          assert.deepEqual(format.schema, schema);
        });
      }

      test(`${client}: a header chooses the provider`, async () => {
        const { out, log } = await run(['--model', 'hello', '--provider', 'native', 'Hello']);

        assert.match(log, /^\[native\/hello /);
        assert.equal(out, 'Hello from the native model.');
      });

      test(`${client}: a deadline ends the call and the upstream exchange`, async () => {
        const count = world.upstreams.openai.of('silent-60000').length;
        const { code, log } = await run(['--model', 'silent-60000', '--deadline-ms', '3000', 'Hello']);

        assert.equal(code, 1);
        assert.match(log, new RegExp(`\\[status ${codes.DEADLINE_EXCEEDED}: `));
        const exchange = await world.upstreams.openai.arrived('silent-60000', count + 1);
        await within(exchange.closed, patience, 'the end of the upstream exchange');
        assert.equal(exchange.early, true);
      });

      test(`${client}: a cancel ends the upstream exchange, and the usage is on record`, async () => {
        const count = world.upstreams.openai.of('endless').length;
        const { code, log } = await run(['--model', 'endless', '--cancel-after', '3', 'Hello']);

        assert.equal(code, 1);
        assert.match(log, new RegExp(`\\[status ${codes.CANCELLED}: `));
        const exchange = await world.upstreams.openai.arrived('endless', count + 1);
        await within(exchange.closed, patience, 'the end of the upstream exchange');
        assert.equal(exchange.early, true);
        const [row] = await oneRowEach(gateway.stateDir, [requestIdIn(log)]);
        assert.equal(row.outcome, 3, 'cancelled');
      });

      test(`${client}: an unknown model is a status that says so`, async () => {
        const { code, out, log } = await run(['--model', 'nobody-has-this', 'Hello']);

        assert.equal(code, 1);
        assert.equal(out, '');
        assert.match(log, new RegExp(`\\[status ${codes.NOT_FOUND}: .*nobody-has-this`));
      });

      test(`${client}: a key works until it is revoked`, async () => {
        const { stdout, stderr } = await gateway.cli('key', 'create', '--config', gateway.configFile, '--name', client);
        const key = stdout.trim();
        const id = /\bkey_\w+/.exec(stderr)[0];
        const use = () => run(['--model', 'hello', 'Hello'], { key });
        await until(async () => (await use()).code === 0, 'the new key to work');

        await gateway.cli('key', 'revoke', '--config', gateway.configFile, id);

        const refused = await until(async () => {
          const answer = await use();
          return answer.code === 1 && answer;
        }, 'the revoked key to be refused', atMost(2_000));
        assert.match(refused.log, new RegExp(`\\[status ${codes.UNAUTHENTICATED}: `));
        assert.ok(!refused.log.includes(key), 'the key is repeated');
      });

      test(`${client}: models are listed`, async () => {
        const { code, out, log } = await run(['models']);

        assert.equal(code, 0, log);
        const listed = (await get(gateway, '/v1/models')).json.data.map(({ id }) => id);
        assert.deepEqual(out.trim().split('\n'), listed);
      });
    }

    test('reasoning comes as it is thought, then whole', async () => {
      const { kinds, events } = await caller.answer(hello('thinker', { reasoningEffort: 'low' }));

      assert.deepEqual(kinds, ['started', 'reasoningDelta', 'reasoning', 'textDelta', 'completed']);
      assert.equal(events.find(({ event }) => event === 'reasoning').reasoning.text, 'A greeting.');
    });

    test('a cancel within the stream reaches the upstream at once', async () => {
      const times = [];
      for (let n = 0; n < 5; n++) {
        const count = world.upstreams.openai.of('endless').length;
        const stream = caller.generate(hello('endless'));
        stream.on('error', () => {});
        await new Promise((resolve) => stream.on('data', ({ event }) => event === 'textDelta' && resolve()));
        const exchange = await world.upstreams.openai.arrived('endless', count + 1);
        const left = performance.now();
        stream.cancel();
        await within(exchange.closed, patience, 'the end of the upstream exchange');
        times.push(exchange.closedAt - left);
      }
      assert.ok(median(times) <= atMost(100), `it took ${times.map(Math.round)} ms`);
    });

    test('a cancel before the first byte reaches the upstream', async () => {
      const count = world.upstreams.openai.of('headless-60000').length;
      const stream = caller.generate(hello('headless-60000'));
      stream.on('error', () => {}).resume();
      const exchange = await world.upstreams.openai.arrived('headless-60000', count + 1);
      stream.cancel();
      await within(exchange.closed, patience, 'the end of the upstream exchange');
      assert.equal(exchange.early, true);
    });

    test('texts become vectors in their order, and are on record once', async () => {
      const request = { model: 'embedder', inputs: ['a', 'four'], dimensions: 2 };
      const { embeddings, usage } = await caller.embed(request, `vectors-${shape}`);

      assert.deepEqual(
        embeddings.map(({ values }) => values),
        [
          [1, 0.5],
          [4, 1.5],
        ],
      );
      assert.equal(usage.inputTokens, 9);
      assert.equal(vectors.of('embedder').at(-1).body.dimensions, 2);
      const [row] = await oneRowEach(gateway.stateDir, [`vectors-${shape}`]);
      assert.equal(row.endpoint, 'inference');
      assert.equal(row.input_tokens, 9);
      await assert.rejects(caller.embed({ model: 'embedder' }, 'none'), { code: codes.INVALID_ARGUMENT });
    });

    for (const [model, code] of [
      ['fault-404', codes.NOT_FOUND],
      ['fault-429', codes.RESOURCE_EXHAUSTED],
      ['fault-500', codes.UNAVAILABLE],
    ]) {
      test(`${model}: what fails before the answer is the status ${code}`, async () => {
        const { events, error } = await caller.answer(hello(model));

        assert.deepEqual(events, []);
        assert.equal(error?.code, code, `${error}`);
        assert.ok(error.details.length > 0);
        assert.match(`${error.metadata.get('x-request-id')}`, /^req_/);
      });
    }

    test('what fails within the answer is its one last event', async () => {
      const { kinds, error } = await caller.answer(hello('fault-reset'));

      assert.equal(error, undefined);
      assert.deepEqual(kinds, ['started', 'textDelta', 'failed']);
    });

    test('a caller that does not read holds the upstream up', async () => {
      const stream = caller.generate(hello('flood-200'));
      stream.on('error', () => {});
      stream.on('data', ({ event }) => event === 'textDelta' && stream.pause());
      const exchange = await world.upstreams.openai.arrived('flood-200');
      let last = -1;
      let since = 0;
      await until(
        () => {
          if (exchange.sent !== last) [last, since] = [exchange.sent, performance.now()];
          return last > 0 && performance.now() - since > 700;
        },
        'the upstream to stall',
        2 * patience,
      );
      stream.cancel();
      await within(exchange.closed, patience, 'the end of the upstream exchange');
      assert.ok(last < 40e6, `${last} bytes were taken`);
    });

    test('a request that is not well-formed is refused by the name of its field', async () => {
      const cases = [
        [{ messages: hello('m').messages }, /model is empty/],
        [{ model: 'hello' }, /messages is empty/],
        [{ model: 'hello', messages: [{ parts: [{ text: 'a' }] }] }, /messages\[0\]\.role/],
        [hello('hello', { maxOutputTokens: -1 }), /max_output_tokens/],
      ];
      for (const [request, words] of cases) {
        const { error } = await caller.answer(request);
        assert.equal(error?.code, codes.INVALID_ARGUMENT, `${error}`);
        assert.match(error.details, words);
      }
    });

    test('the door says that it is healthy, and tells its contract only if it is configured to', async () => {
      const health = await caller.raw('/grpc.health.v1.Health/Check', Buffer.alloc(0));

      assert.deepEqual([...health], [8, 1], 'SERVING');
      await assert.rejects(
        caller.raw('/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo', Buffer.from([0x3a, 0])),
        { code: codes.UNIMPLEMENTED },
      );
    });

    test('the upstreams had nothing to complain about', () => assert.deepEqual(world.violations, []));
  });
}

describe('the address of the gRPC door', () => {
  const occupy = async (port) => {
    const server = net.createServer();
    await new Promise((resolve) => server.once('error', resolve).listen(port, '127.0.0.1', resolve));
    return server; // where another program has the port already, that one does as well
  };

  test('a usual port that is taken does not stop `serve`', async () => {
    const squatter = await occupy(8788);
    const gateway = await Gateway.start({ sections: { gateway: { grpc: undefined } } });
    try {
      assert.equal((await get(gateway, '/v1/models')).status, 200);
      assert.match(gateway.logs, /"level":"warning","event":"grpc_not_served","address":"127\.0\.0\.1:8788"/);
    } finally {
      await gateway.stop();
      squatter.close();
    }
  });

  test('a chosen port that is taken does', async () => {
    const squatter = await occupy(0);
    const address = `127.0.0.1:${squatter.address().port}`;
    try {
      await assert.rejects(Gateway.start({ sections: { gateway: { grpc: address } } }), (error) => {
        assert.match(error.message, new RegExp(`can't listen on ${address} for gRPC`));
        return true;
      });
    } finally {
      squatter.close();
    }
  });

  test('an open address needs a key', async () => {
    const options = { key: '', sections: { gateway: { grpc: '0.0.0.0:0' } }, env: { PROXY_API_KEY: 'changeme' } };
    await assert.rejects(Gateway.start(options), /refusing to listen on 0\.0\.0\.0:0 with a sample key/);
  });

  test('reflection is served where it is switched on', async () => {
    const gateway = await Gateway.start({ sections: { gateway: { reflection: true } } });
    const caller = new Caller(gateway);
    try {
      const bytes = await caller.raw(
        '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
        Buffer.from([0x3a, 0]),
      );
      assert.match(bytes.toString('latin1'), /wayleave\.inference\.v1\.InferenceService/);
    } finally {
      caller.close();
      await gateway.stop();
    }
  });
});
