// A model server with a /v1/responses that knows plain functions only, in the styles of basic_styles.mjs. Real ones skip
// or misread some of what they do not know; this one refuses all of it, so that a test sees what was sent.
import { basicStyles } from './basic_styles.mjs';
import { checkHeaders } from './chat_check.mjs';
import { responsesWire } from './responses_wire.mjs';
import { play, scripts } from './scripts.mjs';
import { json, Upstream } from './upstream.mjs';

const topLevel = new Set([
  'model',
  'input',
  'instructions',
  'stream',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'temperature',
  'top_p',
  'max_output_tokens',
  'store',
  'include',
  'truncation',
  'metadata',
]);
const itemTypes = new Set(['message', 'function_call', 'function_call_output', 'reasoning']);
const functionFields = new Set(['type', 'name', 'description', 'parameters', 'strict']);
const contentTypes = new Set(['input_text', 'input_image', 'output_text']);
const isJsonObject = (text) => {
  try {
    return JSON.parse(text)?.constructor === Object;
  } catch {
    return false;
  }
};

export class BasicUpstream extends Upstream {
  constructor({ style = 'vllm', key } = {}) {
    super();
    Object.assign(this, { key, style: basicStyles[style] });
    this.wire = responsesWire(this.style);
  }

  async answer(exchange) {
    const { req, res } = exchange;
    if (req.method === 'GET') return this.list(req, res);
    exchange.violations.push(...checkHeaders(req.headers, this.key));
    if (req.url !== '/v1/responses') exchange.violations.push(`${req.method} ${req.url}: this server has no such path`);
    else this.check(exchange);
    if (exchange.refusal) return json(res, exchange.refusal.status, exchange.refusal.body);
    if (exchange.violations.length) return this.refuse(exchange);
    await play(exchange, this.wire, () => this.refuse(exchange));
  }

  list(req, res) {
    if (req.url !== '/v1/models') return json(res, 404, { error: { message: 'not found', code: 404 } });
    const data = [...Object.keys(scripts), ...this.fresh].map((id) => ({
      id,
      object: 'model',
      created: 1_700_000_000,
      owned_by: 'basic',
    }));
    json(res, 200, { object: 'list', data });
  }

  refuse(exchange) {
    const message = `STRICT: ${exchange.violations.join('; ')}`;
    json(exchange.res, 400, { error: { message, type: 'invalid_request_error', param: null, code: null } });
  }

  check(exchange) {
    const { body, violations } = exchange;
    for (const key of Object.keys(body)) if (!topLevel.has(key)) violations.push(`unknown field ${key}`);
    (body.tools ?? []).forEach((tool, n) => this.tool(exchange, tool, n));
    if (body.tools?.length === 0) violations.push('tools is empty');
    if (!Array.isArray(body.input)) return;
    this.calls = new Set();
    this.open = [];
    body.input.forEach((item, n) => this.item(exchange, item, n));
    if (this.open.length) violations.push(`calls without an output: ${this.open}`);
  }

  tool(exchange, tool, n) {
    const { violations } = exchange;
    if (tool.type !== 'function') {
      violations.push(`tools[${n}]: type ${tool.type}`);
      exchange.refusal = this.style.toolProblem(tool.type, n);
      return;
    }
    for (const key of Object.keys(tool))
      if (!functionFields.has(key)) violations.push(`tools[${n}]: unknown field ${key}`);
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(tool.name)) violations.push(`tools[${n}]: name ${tool.name}`);
    if (tool.parameters?.type !== 'object')
      violations.push(`tools[${n}] ${tool.name}: parameters are no object schema`);
  }

  item(exchange, item, n) {
    const { violations } = exchange;
    const type = item.type ?? (item.role ? 'message' : undefined);
    if (!itemTypes.has(type)) {
      violations.push(`input[${n}]: type ${type}`);
      exchange.refusal = this.style.itemProblem(type, n);
      return;
    }
    if (type === 'message') this.message(violations, item, `input[${n}]`);
    else if (type === 'function_call') this.call(violations, item, `input[${n}]`);
    else if (type === 'function_call_output') this.output(violations, item, `input[${n}]`);
    else this.reasoning(violations, item, `input[${n}]`);
  }

  message(violations, item, where) {
    if (!['user', 'assistant', 'system', 'developer'].includes(item.role))
      violations.push(`${where}: role ${item.role}`);
    if (typeof item.content === 'string') return;
    for (const part of item.content ?? []) this.part(violations, part, where);
  }

  part(violations, part, where) {
    if (!contentTypes.has(part.type)) violations.push(`${where}: unknown content type: ${part.type}`);
    if (part.type === 'input_image' && this.style.dataUrlsOnly && !part.image_url?.startsWith('data:'))
      violations.push(`${where}: invalid image URL`);
  }

  call(violations, item, where) {
    if (item.namespace !== undefined) violations.push(`${where}: namespace`);
    if (!item.call_id || this.calls.has(item.call_id))
      violations.push(`${where}: call_id ${item.call_id} is not unique`);
    if (!isJsonObject(item.arguments)) violations.push(`${where}: arguments are no JSON object`);
    this.calls.add(item.call_id);
    this.open.push(item.call_id);
  }

  output(violations, item, where) {
    if (!this.open.includes(item.call_id)) violations.push(`${where}: output without a call`);
    this.open = this.open.filter((id) => id !== item.call_id);
    if (typeof item.output === 'string') return;
    if (!Array.isArray(item.output)) return violations.push(`${where}: output is neither text nor array`);
    for (const part of item.output) {
      this.part(violations, part, where);
      if (this.style.textOutputsOnly && part.type !== 'input_text')
        violations.push(`${where}: Output of tool call should be 'Input text'`);
    }
  }

  reasoning(violations, item, where) {
    if (!Array.isArray(item.summary)) violations.push(`${where}: reasoning without summary`);
    if (this.style.needsReasoningContent && !item.content?.[0]?.text)
      violations.push(`${where}: item['content'] is empty`);
  }
}
