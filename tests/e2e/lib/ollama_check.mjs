// What Ollama's /api/chat refuses, and what it takes without a word although it cannot have been meant: api/types.go
// knows no other fields, so a field of another vocabulary is lost, which a test should see.
const topLevel = new Set([
  'model',
  'messages',
  'stream',
  'format',
  'keep_alive',
  'tools',
  'options',
  'think',
  'truncate',
  'shift',
  'logprobs',
  'top_logprobs',
]);
const messageFields = new Set(['role', 'content', 'thinking', 'images', 'tool_calls', 'tool_name', 'tool_call_id']);
const options = new Set([
  'num_ctx',
  'num_predict',
  'num_keep',
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'seed',
  'stop',
  'presence_penalty',
  'frequency_penalty',
  'repeat_penalty',
]);
const efforts = [true, false, 'low', 'medium', 'high', 'max'];
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

function* unknown(object, known, where) {
  for (const key of Object.keys(object)) if (!known.has(key)) yield `${where}: unknown field ${key}`;
}

function* checkCalls(calls, declared, where) {
  for (const call of calls) {
    yield* unknown(call, new Set(['id', 'function']), where);
    // json: cannot unmarshal string into Go struct field .arguments of type map[string]interface {}
    if (!isObject(call.function?.arguments)) yield `${where}: arguments of ${call.function?.name} are no object`;
    if (declared.size > 0 && !declared.has(call.function?.name))
      yield `${where}: calls the undeclared ${call.function?.name}`;
  }
}

function* checkMessage(message, declared, where) {
  yield* unknown(message, messageFields, where);
  if (!['system', 'user', 'assistant', 'tool'].includes(message.role)) yield `${where}: role ${message.role}`;
  if (typeof message.content !== 'string') yield `${where}: content is no string`;
  for (const image of message.images ?? [])
    if (!base64.test(image)) yield `${where}: an image that is no base64: ${String(image).slice(0, 30)}`;
  yield* checkCalls(message.tool_calls ?? [], declared, where);
}

// Each call has its answer right behind it: templates put them side by side.
function* checkPairs(messages) {
  let open = 0;
  for (const [n, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (open-- <= 0) yield `messages[${n}]: an answer without a call`;
      if (!message.tool_name && !message.tool_call_id) yield `messages[${n}]: an answer to nothing in particular`;
    } else {
      if (open > 0) yield `messages[${n}]: ${open} calls without an answer`;
      open = message.tool_calls?.length ?? 0;
    }
  }
  if (open > 0) yield `at the end: ${open} calls without an answer`;
}

function* checkTools(tools) {
  const names = new Set();
  for (const tool of tools) {
    const { name, parameters } = tool.function ?? {};
    if (tool.type !== 'function' || !name) yield `tool ${name}: type ${tool.type}`;
    if (names.has(name)) yield `tool ${name} is declared twice`;
    names.add(name);
    if (parameters?.type !== 'object') yield `tool ${name}: parameters are no object schema`;
    for (const [key, value] of Object.entries(parameters?.properties ?? {}))
      if (!isObject(value)) yield `tool ${name}: property ${key} is no object`;
  }
}

export function checkOllama(body) {
  if (!isObject(body) || !Array.isArray(body.messages)) return ['no messages'];
  const tools = body.tools ?? [];
  const declared = new Set(tools.map((tool) => tool.function?.name));
  return [
    ...unknown(body, topLevel, 'body'),
    ...unknown(body.options ?? {}, options, 'options'),
    ...(body.think === undefined || efforts.includes(body.think) ? [] : [`invalid think value: "${body.think}"`]),
    ...(body.format === undefined || body.format === 'json' || isObject(body.format) ? [] : ['bad format']),
    ...checkTools(tools),
    ...body.messages.flatMap((message, n) => [...checkMessage(message, declared, `messages[${n}]`)]),
    ...checkPairs(body.messages),
  ];
}
