// The gRPC door of a gateway: the example clients of docs/examples, run as they are, and a client of our own for what
// they have no switch for.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { onRecord } from './children.mjs';
import { binDir, suiteDir } from './env.mjs';
import { scripts } from './scripts.mjs';
import { json, Upstream } from './upstream.mjs';

const require = createRequire(import.meta.url);
const grpc = require('@grpc/grpc-js');
const { loadSync } = require('@grpc/proto-loader');

const root = path.resolve(suiteDir, '..', '..');
const { InferenceService } = grpc.loadPackageDefinition(
  loadSync('wayleave/inference/v1/inference.proto', {
    includeDirs: [path.join(root, 'proto')],
    oneofs: true,
    enums: String,
    longs: Number,
    defaults: true,
  }),
).wayleave.inference.v1;

export const codes = grpc.status;

// What the scripted model does for a client that has the tool `add`, an image, or a schema.
Object.assign(scripts, {
  'uses-add': async (turn) => {
    const [answer] = turn.seen.answers;
    if (!answer) {
      turn.expect(turn.seen.declares('add'), 'the tool add is declared');
      await turn.think('A sum is wanted.');
      await turn.say('I add them up. ');
      return turn.call([{ id: 'call_add', name: 'add', arguments: { a: 2, b: 40 } }]);
    }
    turn.expect(
      turn.seen.said.some((text) => text.includes('I add them up')),
      "the assistant's own text came back",
    );
    await turn.say(`The tool says ${answer.text}.`);
    return turn.finish('stop');
  },
  'sees-images': async (turn) => {
    await turn.say(`Images: ${turn.seen.images}.`);
    await turn.finish('stop');
  },
  'fills-schema': async (turn) => {
    turn.expect(turn.seen.schema?.properties?.city?.type === 'string', 'the schema arrived');
    await turn.say('{"city":"Rome"}');
    await turn.finish('stop');
  },
});

// A server of vectors: for each text its length and its place, the last text first.
export class VectorUpstream extends Upstream {
  answer({ req, res, body }) {
    if (req.method === 'GET') return json(res, 200, { object: 'list', data: [{ id: 'vectors', object: 'model' }] });
    if (req.url !== '/v1/embeddings') return json(res, 404, { error: { message: `no ${req.url}`, type: 'not_found' } });
    const vector = (text, index) => ({ object: 'embedding', index, embedding: [text.length, index + 0.5] });
    const data = body.input.map(vector);
    const usage = { prompt_tokens: 9, total_tokens: 9 };
    return json(res, 200, { object: 'list', data: data.reverse(), model: body.model, usage });
  }
}

const programs = {
  'C++': () => [path.join(binDir(), 'wayleave-ask')],
  Node: () => [process.execPath, path.join(root, 'docs', 'examples', 'node', 'ask.js')],
};
export const clients = Object.keys(programs);

// Runs an example: {code, out, log}.
export function ask(gateway, client, args, { key = gateway.key } = {}) {
  const [program, ...first] = programs[client]();
  const env = {
    PATH: process.env.PATH,
    NODE_PATH: path.join(suiteDir, 'node_modules'),
    WAYLEAVE_API_KEY: key,
  };
  const all = [...first, '--address', gateway.at.gateway.grpc, ...args];
  return new Promise((resolve, reject) => {
    const child = execFile(program, all, { env, timeout: 60_000 }, (error, out, log) => {
      if (error && typeof error.code !== 'number') return reject(new Error(`${program}: ${error.message}\n${log}`));
      resolve({ code: error?.code ?? 0, out, log });
    });
    onRecord(child);
  });
}

export const requestIdIn = (log) => /\[\S+ (req_\w+)\]/.exec(log)?.[1];

export const hello = (model, more = {}) => ({
  model,
  messages: [{ role: 'ROLE_USER', parts: [{ text: 'Say hello' }] }],
  ...more,
});

// A client of our own. `close` it.
export class Caller {
  constructor(gateway, { key = gateway.key } = {}) {
    this.stub = new InferenceService(gateway.at.gateway.grpc, grpc.credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
    });
    this.metadata = new grpc.Metadata();
    if (key) this.metadata.set('authorization', `Bearer ${key}`);
  }

  close() {
    this.stub.close();
  }

  // The stream itself.
  generate(request) {
    return this.stub.generate(request, this.metadata, { deadline: Date.now() + 60_000 });
  }

  // The whole answer: {events, kinds, text, error}.
  async answer(request) {
    const events = [];
    let error;
    try {
      for await (const event of this.generate(request)) events.push(event);
    } catch (caught) {
      error = caught;
    }
    const kinds = events.map(({ event }) => event).filter((kind, n, all) => kind !== all[n - 1]);
    return { events, kinds, text: events.map(({ textDelta }) => textDelta ?? '').join(''), error };
  }

  embed(request, requestId) {
    const metadata = this.metadata.clone();
    metadata.set('x-request-id', requestId);
    return new Promise((resolve, reject) => {
      this.stub.embed(request, metadata, { deadline: Date.now() + 60_000 }, (error, value) =>
        error ? reject(error) : resolve(value),
      );
    });
  }

  // The bytes of the first answer to a call by name; for services whose contracts are gRPC's own.
  raw(method, request) {
    const whole = (bytes) => bytes;
    return new Promise((resolve, reject) => {
      const call = this.stub.makeServerStreamRequest(method, whole, whole, request, new grpc.Metadata(), {
        deadline: Date.now() + 60_000,
      });
      call.once('data', resolve);
      call.once('error', reject);
    });
  }
}
