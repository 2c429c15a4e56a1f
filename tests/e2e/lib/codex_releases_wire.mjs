// Takes note of what a Codex release sends: a proxy between Codex and the gateway that hands everything through.
import http from 'node:http';
import { freePort } from './wait.mjs';

// What one value looks like, without the value: its members' names and kinds, some levels deep.
function* shapeOf(value, path, depth) {
  if (Array.isArray(value)) {
    for (const part of value) yield* shapeOf(part, `${path}[]`, depth);
  } else if (value !== null && typeof value === 'object' && depth > 0) {
    for (const [key, part] of Object.entries(value)) yield* shapeOf(part, path ? `${path}.${key}` : key, depth - 1);
  } else {
    yield path;
  }
}

const itemName = (item) => item.type ?? `message without a type`;

function* toolNames(tools, prefix = '') {
  for (const tool of tools ?? []) {
    yield `${tool.type} ${prefix}${tool.name ?? ''}`.trim();
    if (tool.tools) yield* toolNames(tool.tools, `${tool.name}.`);
  }
}

// Headers whose values say what the release can do, not which run it is.
const telling = /^(accept|content-type|content-encoding|openai-beta|originator|x-codex-beta-features|x-openai-.*)$/;

function* parameterNames(tools) {
  for (const tool of tools ?? []) {
    for (const key of Object.keys(tool.parameters?.properties ?? {})) yield `${tool.name}(${key})`;
    if (tool.format) yield `${tool.name}: ${tool.format.type} ${tool.format.syntax ?? ''}`;
    yield* parameterNames(tool.tools);
  }
}

// The kinds of facts, and how they are read from a request: {headers, path, body}.
const facts = {
  requests: ({ method, path }) => [`${method} ${path.split('?')[0]}`],
  'query parameters': ({ path }) => [...new URL(path, 'http://x').searchParams.keys()],
  headers: ({ headers }) => Object.keys(headers),
  'header values': ({ headers }) =>
    Object.entries(headers)
      .filter(([name]) => telling.test(name))
      .map(([name, value]) => `${name}: ${value}`),
  'body fields': ({ body }) => Object.keys(body),
  'body members': ({ body: { input: _, tools: __, text: ___, instructions: ____, ...rest } }) => [
    ...shapeOf(rest, '', 3),
  ],
  tools: ({ body }) => [...toolNames(body.tools)],
  'tool parameters': ({ body }) => [...parameterNames(body.tools)],
  'tool members': ({ body }) =>
    (body.tools ?? []).flatMap((tool) => Object.keys(tool).map((key) => `${tool.type}.${key}`)),
  items: ({ body }) => (Array.isArray(body.input) ? body.input.map(itemName) : []),
  'item members': ({ body }) =>
    Array.isArray(body.input)
      ? body.input.flatMap((item) => Object.keys(item).map((key) => `${itemName(item)}.${key}`))
      : [],
  'later tools': ({ body }) =>
    (Array.isArray(body.input) ? body.input : []).flatMap((item) => [
      ...toolNames(Array.isArray(item.tools) ? item.tools : []),
    ]),
};

// Sets of facts, over all requests of a release.
export class Account {
  constructor() {
    this.sets = Object.fromEntries(Object.keys(facts).map((kind) => [kind, new Set()]));
  }

  take(request) {
    for (const [kind, read] of Object.entries(facts)) for (const fact of read(request)) this.sets[kind].add(fact);
  }

  get size() {
    return Object.values(this.sets).reduce((sum, set) => sum + set.size, 0);
  }

  // Lines that say what `later` has and this has not (+), and the reverse (-).
  differences(later) {
    return Object.keys(facts).flatMap((kind) => {
      const added = [...later.sets[kind]].filter((fact) => !this.sets[kind].has(fact));
      const gone = [...this.sets[kind]].filter((fact) => !later.sets[kind].has(fact));
      return [...added.sort().map((fact) => `+ ${kind}: ${fact}`), ...gone.sort().map((fact) => `- ${kind}: ${fact}`)];
    });
  }
}

const parsed = (bytes) => {
  try {
    return JSON.parse(bytes);
  } catch {
    return {};
  }
};

export class Recorder {
  constructor(target, account) {
    Object.assign(this, { target, account });
    this.server = http.createServer((req, res) => this.pass(req, res));
  }

  async start() {
    this.port = await freePort();
    await new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.port, '127.0.0.1', resolve);
    });
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  pass(req, res) {
    const { method, url: path, headers } = req;
    const parts = [];
    req.on('data', (part) => parts.push(part));
    req.on('end', () => this.account.take({ method, path, headers, body: parsed(Buffer.concat(parts)) }));
    const onward = http.request({ host: '127.0.0.1', port: this.target, method, path, headers, agent: false });
    onward.on('response', (answer) => {
      res.writeHead(answer.statusCode, answer.headers);
      res.flushHeaders();
      answer.pipe(res);
      answer.on('error', () => res.destroy());
    });
    onward.on('error', () => res.destroy());
    res.on('error', () => {});
    res.on('close', () => onward.destroy()); // whoever leaves first, both ends learn of it
    req.pipe(onward);
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}
