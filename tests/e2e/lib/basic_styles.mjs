// Servers that answer /v1/responses but know plain functions only, told apart by what they refuse, how they say so and
// what their streams leave out.
//   vllm      pydantic on OpenAI's types: a literal_error for each type that did not match (vllm-project/vllm#42475),
//             "tool type namespace not supported" for harmony models (#49493); reasoning as reasoning_text
//   llamacpp  tools/server/server-chat.cpp and server-task.cpp: items are recognised by their fields ("Cannot determine
//             type of 'item'"), reasoning must have content, a tool's output holds text alone (ggml-org/llama.cpp#23465),
//             errors have a number for a code, events neither sequence_number nor output_index
//   ollama    openai/responses.go: `unknown input item type`, images as data URLs only, arguments in one delta, no text
//             after a call, reasoning as summary, "completed" also when cut; an error in mid-stream is swallowed
//   lmstudio  {"message":"Invalid","param":"tools.8.type","code":"invalid_string"} (lmstudio-ai/lmstudio-bug-tracker#1810)
import { flatStyle } from './responses_wire.mjs';

const openAi = (status, message, code = null, type = 'invalid_request_error', param = null) => ({
  status,
  body: JSON.stringify({ error: { message, type, param, code } }),
});
const common = {
  'not-found': ({ model }) => openAi(404, `The model \`${model}\` does not exist.`, null, 'NotFoundError'),
  key: () => openAi(401, 'Unauthorized'),
  rate: () => ({ ...openAi(429, 'Rate limit reached', 'rate_limit_exceeded'), headers: { 'retry-after': '2' } }),
  'rate-bare': () => openAi(429, 'Rate limit reached', 'rate_limit_exceeded'),
  quota: () => openAi(429, 'You exceeded your current quota', 'insufficient_quota', 'insufficient_quota'),
  server: () => openAi(500, 'Internal server error', null, 'server_error'),
  busy: () => openAi(503, 'The server is overloaded', 'server_is_overloaded'),
  bad: () => openAi(400, 'temperature must be at most 2'),
  policy: () => openAi(400, 'This prompt is not allowed', 'content_policy_violation'),
  denied: () => openAi(403, 'This project may not use the model', 'model_not_allowed'),
};
const refusing = (own) => (kind, exchange) => ({ ...common, ...own })[kind](exchange);

const numbered = (status, type, message, more = {}) => ({
  status,
  body: JSON.stringify({ error: { code: status, message, type, ...more } }),
});

const vllm = {
  ...flatStyle,
  // No summary, and nothing that only OpenAI can read.
  reasoning: (id, text) => ({
    id,
    type: 'reasoning',
    summary: [],
    content: [{ type: 'reasoning_text', text }],
    encrypted_content: null,
  }),
  refusal: refusing({
    context: () =>
      openAi(
        400,
        "This model's maximum context length is 32768 tokens. However, your request has 40000 input tokens.",
        400,
        'BadRequestError',
        'input',
      ),
  }),
  toolProblem: (type, n) =>
    openAi(
      400,
      `[{'type': 'literal_error', 'loc': ('body', 'tools', ${n}, 'function', 'type'), 'msg': "Input should be 'function'", 'input': '${type}'}]`,
      400,
      'Bad Request',
    ),
  itemProblem: (type, n) =>
    openAi(
      400,
      `[{'type': 'literal_error', 'loc': ('body', 'input', ${n}, 'type'), 'input': '${type}'}]`,
      400,
      'Bad Request',
    ),
};

const llamacpp = {
  ...flatStyle,
  bare: true,
  reasoning: (id, text) => ({
    id,
    type: 'reasoning',
    summary: [],
    content: [{ type: 'reasoning_text', text }],
    encrypted_content: '',
  }),
  needsReasoningContent: true,
  textOutputsOnly: true,
  refusal: refusing({
    context: () =>
      numbered(
        400,
        'exceed_context_size_error',
        'request (40000 tokens) exceeds the available context size (32768 tokens), try increasing it',
        {
          n_prompt_tokens: 40000,
          n_ctx: 32768,
        },
      ),
    busy: () => numbered(503, 'unavailable_error', 'Loading model'),
    server: () => numbered(500, 'server_error', 'failed to decode the batch'),
  }),
  toolProblem: () => numbered(400, 'invalid_request_error', "'type' of tool must be 'function'"),
  itemProblem: () => numbered(400, 'invalid_request_error', "Cannot determine type of 'item'"),
};

const ollama = {
  ...flatStyle,
  summaries: true,
  wholeArguments: true,
  hidesLength: true,
  swallowsErrors: true,
  dataUrlsOnly: true,
  reasoning: (id, text) => ({
    id,
    type: 'reasoning',
    summary: [{ type: 'summary_text', text }],
    encrypted_content: text,
  }),
  usage: (usage) => ({
    ...usage,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  }),
  refusal: refusing({
    'not-found': ({ model }) => openAi(404, `model '${model}' not found`, null, 'not_found_error'),
    busy: () => openAi(503, 'server busy, please try again.  maximum pending requests exceeded', null, 'api_error'),
    context: () =>
      openAi(400, 'request (40000 tokens) exceeds the available context size (32768 tokens), try increasing it'),
  }),
  toolProblem: (type) =>
    openAi(500, `Failed to parse tools: Unsupported tool type: {"type":"${type}"}`, null, 'api_error'),
  itemProblem: (type) => openAi(400, `input: unknown input item type: "${type}"`),
};

const lmstudio = {
  ...flatStyle,
  reasoning: vllm.reasoning,
  refusal: refusing({
    context: () =>
      openAi(400, 'The number of tokens to keep from the initial prompt is greater than the context length.'),
  }),
  toolProblem: (type, n) => openAi(400, 'Invalid', 'invalid_string', 'invalid_request_error', `tools.${n}.type`),
  itemProblem: (type, n) => openAi(400, 'Invalid', 'invalid_union', 'invalid_request_error', `input.${n}`),
};

export const basicStyles = { vllm, llamacpp, ollama, lmstudio };
