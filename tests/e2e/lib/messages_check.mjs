// What Anthropic's Messages API refuses, in its own words where they are known:
//   unknown fields             `<path>: Extra inputs are not permitted`      (anthropics/claude-code#14135, #31033, #4378)
//   calls without results      ids "were found without `tool_result` blocks" (anthropics/claude-code#8210)
//   thinking left out          "Expected `thinking` …, but found `tool_use`" (deepset-ai/haystack-core-integrations#2146)
//   thinking changed           "Invalid `signature` in `thinking` block"     (anthropics/claude-code#10627,
//                              anthropics/anthropic-sdk-python#1598: edited, reordered, merged or of another model)
//   empty and blank texts      "text content blocks must be non-empty"       (anthropics/claude-code#59812, #23440)
//   two tools of one name      "Tool names must be unique."                  (danny-avila/LibreChat#13162)
//   schemas with alternatives  "does not support oneOf, allOf, or anyOf"     (Hmbown/Codewhale#4329)
//   too small a budget         "greater than or equal to 1024"               (themaximalist/llm.js#30)
//   max_tokens above the model's own limit                                   (anthropics/claude-code#11302)
const topLevel = new Set([
  'model',
  'messages',
  'max_tokens',
  'system',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'tools',
  'tool_choice',
  'thinking',
  'metadata',
  'service_tier',
  'output_config',
  'cache_control',
]);
const blockFields = {
  text: ['type', 'text', 'cache_control', 'citations'],
  image: ['type', 'source', 'cache_control'],
  thinking: ['type', 'thinking', 'signature'],
  redacted_thinking: ['type', 'data'],
  tool_use: ['type', 'id', 'name', 'input', 'cache_control'],
  tool_result: ['type', 'tool_use_id', 'content', 'is_error', 'cache_control'],
};
const allowed = {
  user: ['text', 'image', 'tool_result'],
  assistant: ['text', 'thinking', 'redacted_thinking', 'tool_use'],
  result: ['text', 'image'],
};
const toolFields = ['name', 'description', 'input_schema', 'type', 'cache_control', 'strict'];
const efforts = ['low', 'medium', 'high', 'xhigh', 'max'];
const maxOutput = 64_000;

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const blocksOf = (content) => (typeof content === 'string' ? [{ type: 'text', text: content }] : content);
const extra = (object, known, where) =>
  Object.keys(object)
    .filter((key) => !known.includes(key))
    .map((key) => `${where}.${key}: Extra inputs are not permitted`);

function checkText({ text }, where) {
  if (typeof text !== 'string') return [`${where}.text: Input should be a valid string`];
  if (text === '') return ['messages: text content blocks must be non-empty'];
  return text.trim() === '' ? ['messages: text content blocks must contain non-whitespace text'] : [];
}

function checkImage({ source }, where) {
  if (source?.type === 'url') return [];
  if (source?.type !== 'base64') return [`${where}.source: Input tag '${source?.type}' does not match`];
  const known = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
  return [
    ...(known.includes(source.media_type) ? [] : [`${where}.source.base64.media_type: ${source.media_type}`]),
    ...(/^[A-Za-z0-9+/]+={0,2}$/.test(source.data ?? '') ? [] : [`${where}.source.base64.data: not base64`]),
  ];
}

class Checker {
  // `signatures`: signature -> the thinking that this server gave it to.
  constructor(body, signatures) {
    Object.assign(this, { body, signatures, problems: [], ids: new Set() });
  }

  need(condition, problem) {
    if (!condition) this.problems.push(problem);
    return Boolean(condition);
  }

  run() {
    const { body } = this;
    if (!this.need(isObject(body), 'Input should be a valid dictionary')) return this.problems;
    for (const key of Object.keys(body)) this.need(topLevel.has(key), `${key}: Extra inputs are not permitted`);
    this.need(typeof body.model === 'string', 'model: Field required');
    this.limits();
    this.system();
    this.tools();
    if (
      this.need(Array.isArray(body.messages) && body.messages.length > 0, 'messages: at least one message is required')
    )
      this.messages();
    return this.problems;
  }

  limits() {
    const { max_tokens: max, thinking, temperature, tool_choice: choice, output_config: config } = this.body;
    if (this.need(Number.isInteger(max), 'max_tokens: Field required'))
      this.need(
        max >= 1 && max <= maxOutput,
        `max_tokens: ${max} > ${maxOutput}, which is the maximum allowed number of output tokens`,
      );
    this.thinks = ['enabled', 'adaptive'].includes(thinking?.type);
    if (thinking?.type === 'enabled') {
      this.need(
        thinking.budget_tokens >= 1024,
        'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
      );
      this.need(max > thinking.budget_tokens, '`max_tokens` must be greater than `thinking.budget_tokens`');
    }
    if (thinking)
      this.need(['enabled', 'adaptive', 'disabled'].includes(thinking.type), `thinking: Input tag '${thinking.type}'`);
    if (!this.thinks) return this.config(config);
    this.need(
      temperature === undefined || temperature === 1,
      '`temperature` may only be set to 1 when thinking is enabled',
    );
    this.need(!['any', 'tool'].includes(choice?.type), 'Thinking may not be enabled when tool_choice forces tool use.');
    this.config(config);
  }

  config(config) {
    if (config === undefined) return;
    this.problems.push(...extra(config, ['effort', 'format'], 'output_config'));
    this.need(config.effort === undefined || efforts.includes(config.effort), `output_config.effort: ${config.effort}`);
    const { format } = config;
    this.need(
      format === undefined || (format.type === 'json_schema' && isObject(format.schema)),
      'output_config.format',
    );
  }

  system() {
    const { system } = this.body;
    if (system === undefined || typeof system === 'string') return;
    if (!this.need(Array.isArray(system), 'system: Input should be a valid string')) return;
    system.forEach((block, n) => {
      this.need(block.type === 'text', `system.${n}: Input tag '${block.type}'`);
      this.problems.push(...extra(block, blockFields.text, `system.${n}`), ...checkText(block, `system.${n}`));
    });
  }

  tools() {
    const { tools = [], tool_choice: choice } = this.body;
    this.need(new Set(tools.map((tool) => tool.name)).size === tools.length, 'tools: Tool names must be unique.');
    tools.forEach((tool, n) => this.tool(tool, `tools.${n}.custom`));
    if (!choice) return;
    this.need(['auto', 'any', 'none', 'tool'].includes(choice.type), `tool_choice: Input tag '${choice.type}'`);
    this.problems.push(...extra(choice, ['type', 'name', 'disable_parallel_tool_use'], `tool_choice.${choice.type}`));
    this.need(tools.length > 0, 'tool_choice may only be specified while providing `tools`.');
  }

  tool(tool, where) {
    this.problems.push(...extra(tool, toolFields, where));
    this.need([undefined, 'custom'].includes(tool.type), `${where}.type: Input should be 'custom'`);
    this.need(
      /^[a-zA-Z0-9_-]{1,128}$/.test(tool.name ?? ''),
      `${where}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`,
    );
    this.need(tool.input_schema?.type === 'object', `${where}.input_schema.type: Field required`);
    for (const key of ['oneOf', 'allOf', 'anyOf'])
      this.need(
        !(key in (tool.input_schema ?? {})),
        `${where}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`,
      );
  }

  messages() {
    const { messages } = this.body;
    this.need(messages[0].role === 'user', 'messages: first message must use the "user" role');
    messages.forEach((message, n) => this.message(message, `messages.${n}`));
    this.pairs(this.merged());
    this.need(messages.at(-1).role === 'user', 'This model does not support assistant message prefill.');
    if (this.thinks) this.lastTurn(this.merged());
  }

  // Consecutive messages of one role are one.
  merged() {
    const merged = [];
    for (const { role, content } of this.body.messages) {
      if (merged.at(-1)?.role === role) merged.at(-1).blocks.push(...blocksOf(content));
      else merged.push({ role, blocks: [...blocksOf(content)] });
    }
    return merged;
  }

  message(message, where) {
    this.problems.push(...extra(message, ['role', 'content'], where));
    if (
      !this.need(message.role in allowed && message.role !== 'result', `messages: Unexpected role "${message.role}".`)
    )
      return;
    const blocks = blocksOf(message.content);
    if (!this.need(Array.isArray(blocks) && blocks.length > 0, `${where}: all messages must have non-empty content`))
      return;
    blocks.forEach((block, n) => this.block(block, allowed[message.role], `${where}.content.${n}`));
  }

  block(block, types, where) {
    if (!this.need(types.includes(block.type), `${where}: Input tag '${block.type}' found using 'type' does not match`))
      return;
    this.problems.push(...extra(block, blockFields[block.type], `${where}.${block.type}`));
    if (block.type === 'text') this.problems.push(...checkText(block, where));
    else if (block.type === 'image') this.problems.push(...checkImage(block, where));
    else if (block.type === 'thinking') this.thinking(block, where);
    else if (block.type === 'tool_use') this.toolUse(block, where);
    else if (block.type === 'tool_result' && typeof block.content !== 'string')
      (block.content ?? []).forEach((part, n) => this.block(part, allowed.result, `${where}.content.${n}`));
  }

  thinking(block, where) {
    this.need(
      this.signatures.get(block.signature) === block.thinking,
      `${where}: Invalid \`signature\` in \`thinking\` block`,
    );
  }

  toolUse(block, where) {
    this.need(
      /^[a-zA-Z0-9_-]+$/.test(block.id ?? ''),
      `${where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`,
    );
    this.need(!this.ids.has(block.id), 'messages: `tool_use` ids must be unique');
    this.ids.add(block.id);
    this.need(isObject(block.input), `${where}.tool_use.input: Input should be a valid dictionary`);
  }

  // Results stand at the head of the message that follows their calls.
  pairs(merged) {
    merged.forEach(({ blocks }, n) => {
      const calls = blocks.filter((block) => block.type === 'tool_use').map((block) => block.id);
      const next = merged[n + 1]?.blocks ?? [];
      const head = next.slice(0, next.findIndex((block) => block.type !== 'tool_result') + 1 || undefined);
      const answered = head.filter((block) => block.type === 'tool_result').map((block) => block.tool_use_id);
      const missing = calls.filter((id) => !answered.includes(id));
      this.need(
        missing.length === 0,
        `messages.${n}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing}.`,
      );
      const strange = next
        .filter((block) => block.type === 'tool_result' && !calls.includes(block.tool_use_id))
        .map((block) => block.tool_use_id);
      this.need(
        strange.length === 0,
        `messages.${n + 1}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${strange}.`,
      );
    });
  }

  // With thinking on, an answer that called tools in the turn in progress begins with its thinking.
  lastTurn(merged) {
    const real = merged.findLastIndex(
      ({ role, blocks }) => role === 'user' && !blocks.some((block) => block.type === 'tool_result'),
    );
    merged.slice(real + 1).forEach(({ role, blocks }, n) => {
      if (role !== 'assistant' || !blocks.some((block) => block.type === 'tool_use')) return;
      this.need(
        ['thinking', 'redacted_thinking'].includes(blocks[0].type),
        `messages.${real + 1 + n}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${blocks[0].type}\`. ` +
          'When `thinking` is enabled, a final `assistant` message must start with a thinking block',
      );
    });
  }
}

export const checkMessages = (body, signatures) => new Checker(body, signatures).run();
