// What a picky /v1/chat/completions server refuses. `check` returns the violations, in words.

const topLevel = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning_effort',
  'response_format',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
]);
const messageFields = {
  system: new Set(['role', 'content']),
  user: new Set(['role', 'content']),
  assistant: new Set(['role', 'content', 'tool_calls', 'reasoning_content', 'reasoning']),
  tool: new Set(['role', 'content', 'tool_call_id']),
};
const efforts = new Set(['none', 'minimal', 'low', 'medium', 'high']);
const schemaTypes = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']);
// Fields of the Responses vocabulary that no chat server knows.
const leftovers = new Set([
  'namespace',
  'encrypted',
  'defer_loading',
  'strict_mode',
  'execution',
  'call_id',
  'encrypted_content',
]);
const goodName = /^[A-Za-z0-9_-]{1,64}$/;

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const isText = (value) => typeof value === 'string' && value.length > 0;

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

class Checker {
  constructor(body, replay) {
    this.body = body;
    this.replay = replay;
    this.problems = [];
    this.tools = new Set();
    this.ids = new Set();
    this.open = []; // the calls of the last assistant message that wait for their answers
  }

  need(condition, problem) {
    if (!condition) this.problems.push(problem);
    return Boolean(condition);
  }

  onlyFields(object, allowed, where) {
    for (const key of Object.keys(object)) this.need(allowed.has(key), `${where}: unknown field ${key}`);
  }

  run() {
    if (!this.need(isObject(this.body), 'the body is no object')) return this.problems;
    this.onlyFields(this.body, topLevel, 'body');
    this.need(isText(this.body.model), 'model is missing');
    this.streaming();
    this.declaredTools();
    this.choices();
    this.parameters();
    this.messages();
    return this.problems;
  }

  streaming() {
    const { stream, stream_options: options } = this.body;
    this.need(stream === undefined || typeof stream === 'boolean', 'stream is no boolean');
    if (stream) this.need(options?.include_usage === true, 'a stream without stream_options.include_usage');
    else this.need(options === undefined, 'stream_options without a stream');
  }

  declaredTools() {
    const { tools } = this.body;
    if (tools === undefined) return;
    if (!this.need(Array.isArray(tools) && tools.length > 0, 'tools is empty or no array')) return;
    tools.forEach((tool, i) => this.tool(tool, `tools[${i}]`));
  }

  tool(tool, where) {
    if (!this.need(tool?.type === 'function' && isObject(tool.function), `${where}: type ${tool?.type}`)) return;
    const { name, parameters } = tool.function;
    this.onlyFields(tool, new Set(['type', 'function']), where);
    this.onlyFields(tool.function, new Set(['name', 'description', 'parameters']), `${where}.function`);
    this.need(goodName.test(name), `${where}: bad name ${name}`);
    this.need(!this.tools.has(name), `${where}: ${name} is declared twice`);
    this.tools.add(name);
    if (this.need(parameters?.type === 'object', `${where} ${name}: parameters are no object schema`))
      this.schema(parameters, `${name}.parameters`);
  }

  schema(schema, where) {
    if (typeof schema === 'boolean') return;
    if (!this.need(isObject(schema), `${where}: no schema`)) return;
    for (const type of [schema.type ?? []].flat()) this.need(schemaTypes.has(type), `${where}: unknown type ${type}`);
    for (const key of Object.keys(schema)) this.need(!leftovers.has(key), `${where}: leftover ${key}`);
    this.need(
      schema.enum === undefined || (Array.isArray(schema.enum) && schema.enum.length > 0),
      `${where}: bad enum`,
    );
    this.properties(schema, where);
    if (schema.items !== undefined) this.schema(schema.items, `${where}[]`);
    if (schema.additionalProperties !== undefined) this.schema(schema.additionalProperties, `${where}.*`);
    for (const key of ['anyOf', 'oneOf', 'allOf'])
      (schema[key] ?? []).forEach((part, i) => this.schema(part, `${where}.${key}[${i}]`));
  }

  properties(schema, where) {
    const { properties = {}, required = [] } = schema;
    if (!this.need(isObject(properties), `${where}: properties are no object`)) return;
    for (const [name, part] of Object.entries(properties)) this.schema(part, `${where}.${name}`);
    if (!this.need(Array.isArray(required), `${where}: required is no array`)) return;
    for (const name of required) this.need(name in properties, `${where}: requires the undeclared ${name}`);
  }

  choices() {
    const { tools, tool_choice: choice, parallel_tool_calls: parallel } = this.body;
    if (!tools)
      this.need(choice === undefined && parallel === undefined, 'tool_choice or parallel_tool_calls without tools');
    this.need(parallel === undefined || typeof parallel === 'boolean', 'parallel_tool_calls is no boolean');
    if (choice === undefined || ['auto', 'none', 'required'].includes(choice)) return;
    this.need(
      choice?.type === 'function' && this.tools.has(choice.function?.name),
      `bad tool_choice ${JSON.stringify(choice)}`,
    );
  }

  parameters() {
    const { reasoning_effort: effort, response_format: format } = this.body;
    this.need(effort === undefined || efforts.has(effort), `reasoning_effort ${effort}`);
    for (const key of ['max_tokens', 'max_completion_tokens']) {
      this.need(this.body[key] === undefined || (Number.isInteger(this.body[key]) && this.body[key] > 0), `bad ${key}`);
    }
    if (format === undefined || format?.type === 'json_object' || format?.type === 'text') return;
    this.need(
      format?.type === 'json_schema' && isText(format.json_schema?.name) && isObject(format.json_schema?.schema),
      'bad response_format',
    );
  }

  messages() {
    const { messages } = this.body;
    if (!this.need(Array.isArray(messages) && messages.length > 0, 'no messages')) return;
    messages.forEach((message, i) => this.message(message, i));
    this.allAnswered('at the end');
    this.need(messages.at(-1)?.role !== 'assistant', "the last message is the assistant's own");
  }

  message(message, i) {
    const where = `messages[${i}]`;
    if (!this.need(message?.role in messageFields, `${where}: role ${message?.role}`)) return;
    this.onlyFields(message, messageFields[message.role], where);
    if (message.role !== 'tool') this.allAnswered(where);
    if (message.role === 'tool') this.answer(message, where);
    else this[message.role](message, where, i);
  }

  allAnswered(where) {
    this.need(this.open.length === 0, `${where}: calls without an answer: ${this.open}`);
    this.open = [];
  }

  system(message, where, i) {
    this.need(i === 0, `${where}: a system message that is not the first`);
    this.need(isText(message.content), `${where}: empty or not a string`);
  }

  user(message, where) {
    if (typeof message.content === 'string') return this.need(message.content !== '', `${where}: empty`);
    if (!this.need(Array.isArray(message.content) && message.content.length > 0, `${where}: no content`)) return;
    for (const part of message.content) {
      const good =
        part.type === 'text' ? typeof part.text === 'string' : part.type === 'image_url' && isText(part.image_url?.url);
      this.need(good, `${where}: bad part ${part.type}`);
      this.need(part.image_url?.detail !== 'original', `${where}: image detail original`);
    }
  }

  assistant(message, where, i) {
    this.need(this.body.messages[i - 1]?.role !== 'assistant', `${where}: two messages of the assistant in a row`);
    this.need(
      message.content === null || typeof message.content === 'string',
      `${where}: content is neither text nor null`,
    );
    this.reasoning(message, where);
    if (message.tool_calls === undefined)
      return this.need(isText(message.content), `${where}: an empty assistant message`);
    if (!this.need(Array.isArray(message.tool_calls) && message.tool_calls.length > 0, `${where}: empty tool_calls`))
      return;
    message.tool_calls.forEach((call, n) => this.call(call, `${where}.tool_calls[${n}]`));
  }

  reasoning(message, where) {
    for (const field of ['reasoning_content', 'reasoning']) {
      if (field !== this.replay?.field)
        this.need(!(field in message), `${where}: ${field}, which this server does not know`);
      else if (message.tool_calls && this.replay.always)
        this.need(isText(message[field]), `${where}: calls without ${field}`);
    }
  }

  call(call, where) {
    this.onlyFields(call, new Set(['id', 'type', 'function']), where);
    this.need(call.type === 'function', `${where}: type ${call.type}`);
    this.need(isText(call.id) && !this.ids.has(call.id), `${where}: the id ${call.id} is missing or not unique`);
    // A request that declares no tools, as for a summary, may still tell of calls.
    this.need(
      !this.body.tools || this.tools.has(call.function?.name),
      `${where}: calls the undeclared ${call.function?.name}`,
    );
    this.need(
      isObject(parsed(call.function?.arguments)),
      `${where}: arguments are no JSON object: ${String(call.function?.arguments).slice(0, 60)}`,
    );
    this.ids.add(call.id);
    this.open.push(call.id);
  }

  answer(message, where) {
    this.need(
      this.open[0] === message.tool_call_id,
      `${where}: answers ${message.tool_call_id}, expected ${this.open[0] ?? 'none'}`,
    );
    this.open = this.open.filter((id) => id !== message.tool_call_id);
    this.need(typeof message.content === 'string', `${where}: content is no string`);
  }
}

// `replay`: the field in which this server takes earlier reasoning back, and whether it wants all of it.
export function checkChat(body, replay) {
  return new Checker(body, replay).run();
}

// Headers that belong to the client or to its connection, and must not reach an upstream.
export const clientHeaders = [
  'cookie',
  'x-provider',
  'te',
  'trailer',
  'upgrade',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'x-forwarded-for',
  'chatgpt-account-id',
  'x-api-key',
  'api-key',
  'origin',
  'content-encoding',
];

export function checkHeaders(headers, providerKey) {
  const problems = clientHeaders.filter((name) => name in headers).map((name) => `header ${name} reached the upstream`);
  const expected = providerKey ? `Bearer ${providerKey}` : undefined;
  if (headers.authorization !== expected) problems.push("authorization is not the provider's own key");
  if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
    problems.push(`content-type ${headers['content-type']}`);
  if (!['identity', undefined].includes(headers['accept-encoding']))
    problems.push('accept-encoding asks for a compressed answer');
  if (!['keep-alive', 'close', undefined].includes(headers.connection?.toLowerCase()))
    problems.push(`connection: ${headers.connection}`);
  return problems;
}
