// A collector of traces: takes OTLP over HTTP, reads it by OpenTelemetry's own description of the messages, and refuses
// what does not keep to it.
import assert from 'node:assert/strict';
import http from 'node:http';
import root from '@opentelemetry/otlp-transformer/build/src/generated/root.js';
import { readAll } from './http.mjs';
import { freePort, until } from './wait.mjs';

const Request = root.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
export const kinds = { internal: 1, server: 2, client: 3 };

const hex = (bytes) => Buffer.from(bytes).toString('hex');

function valueOf(any) {
  if (any.arrayValue) return any.arrayValue.values.map(valueOf);
  const [[kind, value]] = Object.entries(any);
  return kind === 'intValue' ? Number(value) : value;
}

const attributesOf = (list = []) => Object.fromEntries(list.map(({ key, value }) => [key, valueOf(value)]));

function spanOf(span, resource) {
  const times = [span.startTimeUnixNano, span.endTimeUnixNano].map(BigInt);
  return {
    service: resource['service.name'],
    instance: resource['service.instance.id'],
    trace: hex(span.traceId),
    id: hex(span.spanId),
    parent: span.parentSpanId ? hex(span.parentSpanId) : '',
    name: span.name,
    kind: span.kind,
    flags: span.flags,
    start: times[0],
    end: times[1],
    failed: span.status?.code === 2,
    events: (span.events ?? []).map((event) => event.name),
    attributes: attributesOf(span.attributes),
  };
}

// All spans of a request; throws for bytes that are not exactly one.
function read(bytes) {
  const message = Request.decode(bytes);
  assert.equal(Request.verify(message), null);
  assert.equal(Request.encode(message).finish().length, bytes.length, 'fields that the description does not know');
  const { resourceSpans } = Request.toObject(message, { longs: String });
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const from = attributesOf(resource.attributes);
    for (const name of ['service.name', 'service.version', 'service.instance.id']) assert.ok(from[name], name);
    return scopeSpans.flatMap(({ scope, spans }) => {
      assert.equal(scope.name, 'wayleave');
      return spans.map((span) => spanOf(span, from));
    });
  });
}

export class Collector {
  constructor({ headers = {} } = {}) {
    this.headers = headers;
    this.spans = [];
    this.requests = [];
    this.violations = [];
    this.answers = []; // what the next requests get instead: {status, headers}
    this.server = http.createServer((req, res) => this.serve(req, res));
  }

  async start() {
    this.port = await freePort();
    await new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  async serve(req, res) {
    const bytes = await readAll(req);
    this.requests.push(bytes);
    const answer = this.answers.shift();
    if (answer) return res.writeHead(answer.status, answer.headers).end();
    try {
      assert.equal(`${req.method} ${req.url}`, 'POST /v1/traces');
      assert.equal(req.headers['content-type'], 'application/x-protobuf');
      for (const [name, value] of Object.entries(this.headers)) assert.equal(req.headers[name], value);
      this.spans.push(...read(bytes));
      res.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    } catch (error) {
      this.violations.push(error.message);
      res.writeHead(400).end();
    }
  }

  // The spans of a trace, once there is one for which `complete` holds.
  trace(id, complete) {
    return until(() => {
      const spans = this.spans.filter((span) => span.trace === id);
      return complete(spans) && spans;
    }, `the trace ${id}`);
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

// The tree of a trace as lines, "service kind name" indented by depth; `from` is the id of the outermost parent.
export function tree(spans, from = '', depth = 0) {
  return spans
    .filter((span) => span.parent === from)
    .sort((a, b) => (a.start < b.start ? -1 : 1))
    .flatMap((span) => {
      const [kind] = Object.entries(kinds).find(([, number]) => number === span.kind);
      return [`${'  '.repeat(depth)}${span.service} ${kind} ${span.name}`, ...tree(spans, span.id, depth + 1)];
    });
}
