// Asks a model through Wayleave's gRPC door and prints the answer as it comes.
//
//   npm install
//   export WAYLEAVE_API_KEY=wl_...
//   node ask.js --model coder "What is 2 + 40?"
//
// The text goes to standard output, everything else to standard error. Exit code 1 if the call failed.
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const grpc = require('@grpc/grpc-js');
const { loadSync } = require('@grpc/proto-loader');

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    address: { type: 'string', default: '127.0.0.1:8788' },
    model: { type: 'string', default: 'demo' },
    provider: { type: 'string' },
    image: { type: 'string' },
    schema: { type: 'string' },
    effort: { type: 'string' },
    tools: { type: 'string', default: 'yes' },
    'deadline-ms': { type: 'string', default: '600000' },
    'cancel-after': { type: 'string' },
  },
});

const definition = loadSync('wayleave/inference/v1/inference.proto', {
  includeDirs: [path.join(__dirname, '../../../proto')],
  oneofs: true,
  enums: String,
  longs: Number,
  defaults: true,
});
const { InferenceService } = grpc.loadPackageDefinition(definition).wayleave.inference.v1;
const client = new InferenceService(options.address, grpc.credentials.createInsecure());

// JSON as google.protobuf.Value and Struct.
function toValue(json) {
  if (json === null) return { nullValue: 'NULL_VALUE' };
  if (Array.isArray(json)) return { listValue: { values: json.map(toValue) } };
  if (typeof json === 'object') return { structValue: toStruct(json) };
  if (typeof json === 'boolean') return { boolValue: json };
  return typeof json === 'number' ? { numberValue: json } : { stringValue: json };
}
function toStruct(json) {
  return { fields: Object.fromEntries(Object.entries(json).map(([name, value]) => [name, toValue(value)])) };
}

function metadata() {
  const result = new grpc.Metadata();
  result.set('authorization', `Bearer ${process.env.WAYLEAVE_API_KEY ?? ''}`);
  if (options.provider) result.set('x-provider', options.provider);
  return result;
}
const deadline = () => ({ deadline: Date.now() + Number(options['deadline-ms']) });

function firstRequest(text) {
  const parts = [{ text }];
  if (options.image) parts.push({ image: { data: fs.readFileSync(options.image), mediaType: 'image/png' } });
  const request = { model: options.model, messages: [{ role: 'ROLE_USER', parts }] };
  if (options.effort) request.reasoningEffort = options.effort;
  if (options.schema) request.outputSchema = toStruct(JSON.parse(fs.readFileSync(options.schema, 'utf8')));
  if (options.tools === 'yes') {
    const number = { type: 'number' };
    const parameters = { type: 'object', required: ['a', 'b'], properties: { a: number, b: number } };
    request.tools = [{ name: 'add', description: 'Adds two numbers', parameters: toStruct(parameters) }];
  }
  return request;
}

// The tool that we offer.
function run(call) {
  console.error(`[tool ${call.name} ${call.arguments}]`);
  const { a, b } = JSON.parse(call.arguments);
  return String(a + b);
}

// One turn. What the model says and calls is added to the request, as the next turn needs it. Throws what the call
// ended with, if that is not OK.
async function turn(request) {
  const said = [];
  const calls = [];
  let text = '';
  let deltas = 0;
  const stream = client.generate(request, metadata(), deadline());
  for await (const event of stream) {
    switch (event.event) {
      case 'started':
        console.error(`[${event.started.provider}/${event.started.model} ${event.started.requestId}]`);
        break;
      case 'textDelta':
        process.stdout.write(event.textDelta);
        text += event.textDelta;
        if (String(++deltas) === options['cancel-after']) stream.cancel();
        break;
      case 'reasoning':
        said.push({ reasoning: event.reasoning });
        break;
      case 'toolCall':
        if (text) said.push({ text });
        text = '';
        said.push({ toolCall: event.toolCall });
        calls.push(event.toolCall);
        break;
      case 'completed': {
        const { finishReason, usage } = event.completed;
        console.error(`\n[${finishReason}, ${usage?.inputTokens ?? 0} + ${usage?.outputTokens ?? 0} tokens]`);
        break;
      }
      case 'failed':
        console.error(`\n[failed: ${event.failed.code}: ${event.failed.message}]`);
        process.exitCode = 1;
        break;
      default: // reasoning as it comes, and what later versions add
    }
  }
  request.messages.push({ role: 'ROLE_ASSISTANT', parts: said });
  return calls;
}

// Turns until the model calls nothing more.
async function converse(text) {
  const request = firstRequest(text);
  for (let n = 0; n < 8; n++) {
    const calls = await turn(request);
    if (calls.length === 0) return;
    const parts = calls.map((call) => ({ toolResult: { id: call.id, output: run(call) } }));
    request.messages.push({ role: 'ROLE_USER', parts });
  }
  throw new Error('the model calls and calls');
}

async function listModels() {
  const answer = await new Promise((resolve, reject) => {
    client.listModels({}, metadata(), deadline(), (error, value) => (error ? reject(error) : resolve(value)));
  });
  for (const { id } of answer.models) console.log(id);
}

const text = positionals.join(' ');
(text === 'models' ? listModels() : converse(text))
  .catch((error) => {
    console.error(`[status ${error.code}: ${error.details ?? error.message}]`);
    process.exitCode = 1;
  })
  .finally(() => client.close());
