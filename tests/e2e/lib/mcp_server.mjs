// A tiny MCP server on stdio, with two tools. Run by Codex: node mcp_server.mjs
import readline from 'node:readline';

const schema = (properties) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const number = { type: 'number', description: 'A number' };
const tools = {
  add: {
    description: 'Adds two numbers',
    inputSchema: schema({ a: number, b: number }),
    run: ({ a, b }) => `the sum is ${a + b}`,
  },
  'shout.it': {
    description: 'Says a text in capitals',
    inputSchema: schema({ text: { type: 'string' } }),
    run: ({ text }) => text.toUpperCase(),
  },
};

const methods = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'demo', version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({
    tools: Object.entries(tools).map(([name, { description, inputSchema }]) => ({ name, description, inputSchema })),
  }),
  'tools/call': ({ name, arguments: args }) => ({ content: [{ type: 'text', text: tools[name].run(args) }] }),
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const answer = methods[method]
    ? { result: methods[method](params ?? {}) }
    : { error: { code: -32601, message: 'no such method' } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`);
}
