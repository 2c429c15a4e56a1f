// A scripted Ollama 0.33, native API. What it does is what the real one does, with the place where that can be read:
//   /api/chat      server/routes.go ChatHandler: NDJSON, `stream` is true unless said otherwise, `think` takes true,
//                  false, low, medium, high or max, thinking and tools only for models that can (400 otherwise)
//   truncation     server/prompt.go chatPrompt: without `truncate:false` the oldest messages are dropped silently, but
//                  for system messages and the last one (ollama/ollama#4967, #18107)
//   truncate:false the error is llama-server's own, as JSON within the text (ollama/ollama#16800)
//   num_ctx        4096 unless asked for more (ollama/ollama#17889); above the model's length it is cut down to it
//   errors         {"error": "text"}; after the first line a line of the same form (routes.go streamResponse)
//   503            server/sched.go ErrMaxQueue, two blanks and all
//   404            routes.go: model '<name>' not found
//   tool calls     api/types.go: arguments are an object, ids are there only in newer versions
import { checkHeaders } from './chat_check.mjs';
import { checkOllama } from './ollama_check.mjs';
import { play, scriptOf } from './scripts.mjs';
import { flatArguments, flatName, pieces, Seen } from './turn.mjs';
import { json, Upstream } from './upstream.mjs';

const created = '2026-11-22T10:00:00.123456789Z';
const defaultContext = 4096;
const defaults = { context: 131_072, capabilities: ['completion', 'tools', 'thinking', 'vision'] };

const tokensOf = (value) => Math.ceil((typeof value === 'string' ? value : JSON.stringify(value ?? '')).length / 4);
const promptTokens = (messages, tools) =>
  tokensOf(tools) +
  messages.reduce((sum, { images, ...message }) => sum + tokensOf(message) + 768 * (images?.length ?? 0), 0);

class Phrase {
  constructor(exchange, server) {
    Object.assign(this, { exchange, server });
  }

  line(message, more = { done: false }) {
    const body = {
      model: this.exchange.model,
      created_at: created,
      message: { role: 'assistant', ...message },
      ...more,
    };
    return `${JSON.stringify(body)}\n`;
  }

  open() {
    return [];
  }

  think(text) {
    if (this.exchange.body.think === false) return [];
    return pieces(text, 9).map((thinking) => this.line({ content: '', thinking }));
  }

  piece(content) {
    return this.line({ content });
  }

  text(text) {
    return pieces(text, 7).map((part) => this.piece(part));
  }

  // Whole calls, each in a line of its own.
  calls(calls) {
    return calls.map((call, n) => this.line({ content: '', tool_calls: [this.server.toolCall(call, n)] }));
  }

  error(text) {
    return `${JSON.stringify({ error: text })}\n`;
  }

  // There is no reason of its own for tool calls, and none for filters.
  close(reason) {
    return [this.line({ content: '' }, this.server.closing(this.exchange, reason))];
  }
}

const seen = (body) => {
  const of = (role) => body.messages.filter((message) => message.role === role);
  const images = (messages) => messages.reduce((sum, message) => sum + (message.images?.length ?? 0), 0);
  return new Seen({
    system: of('system')
      .map((message) => message.content)
      .join('\n'),
    users: of('user').map((message) => message.content),
    said: of('assistant')
      .map((message) => message.content)
      .filter(Boolean),
    answers: of('tool').map((message) => ({ text: message.content, images: message.images?.length ?? 0 })),
    images: images(body.messages),
    tools: (body.tools ?? []).map((tool) => ({ name: tool.function.name })),
    schema: typeof body.format === 'object' ? body.format : undefined,
    replayed: of('assistant')
      .map((message) => message.thinking)
      .filter(Boolean),
  });
};

const refused = (status, text) => ({ status, body: JSON.stringify({ error: text }) });
const tooLong = (tokens, context) =>
  refused(
    400,
    JSON.stringify({
      error: {
        code: 400,
        message: `request (${tokens} tokens) exceeds the available context size (${context} tokens), try increasing it`,
        type: 'exceed_context_size_error',
        n_prompt_tokens: tokens,
        n_ctx: context,
      },
    }),
  );
const refusals = {
  'not-found': ({ model }) => refused(404, `model '${model}' not found`),
  context: () => tooLong(200_000, defaults.context),
  key: () => refused(401, 'unauthorized'),
  busy: () => refused(503, 'server busy, please try again.  maximum pending requests exceeded'),
  server: () => refused(500, 'llama runner process has terminated: exit status 2'),
  bad: () => refused(400, 'invalid options: temperature'),
};

// What `name` can be asked to do. Several servers of this kind may stand side by side.
export class OllamaUpstream extends Upstream {
  // `models`: name -> {context, capabilities}, for those that differ from the rest. `ids`: whether calls have ids.
  // Any script can be asked for; /api/tags lists only `models`.
  constructor({ models = {}, ids = false } = {}) {
    super();
    this.models = { ...models };
    this.ids = ids;
    this.wire = {
      contentType: 'application/x-ndjson',
      seen,
      phrase: (exchange) => new Phrase(exchange, this),
      document: (exchange, answer) => this.document(exchange, answer),
      refusal: (kind, exchange) => (refusals[kind] ?? refusals.bad)(exchange),
    };
  }

  // What `ollama pull` and `ollama rm` do.
  pull(name, facts = {}) {
    this.models[name] = facts;
  }

  // The requests for answers; the gateway also asks what a model can do.
  of(model) {
    return super.of(model).filter((exchange) => exchange.path !== '/api/show');
  }

  knows(name) {
    return name in this.models || scriptOf(name) !== undefined;
  }

  remove(name) {
    delete this.models[name];
  }

  facts(name) {
    const small = name.startsWith('fault-context') ? { context: 2048 } : {};
    return { ...defaults, ...small, ...this.models[name] };
  }

  toolCall(call, index) {
    const parsed = (value) => (typeof value === 'string' ? JSON.parse(value) : value);
    const described = { function: { index, name: flatName(call), arguments: parsed(flatArguments(call)) } };
    return this.ids ? { id: call.id, ...described } : described;
  }

  closing({ tokens, prompt }, reason) {
    return {
      done: true,
      done_reason: reason === 'length' ? 'length' : 'stop',
      total_duration: 4_883_583_458,
      load_duration: 1_334_875_000,
      prompt_eval_count: tokens?.input ?? prompt,
      prompt_eval_duration: 342_546_000,
      eval_count: tokens?.output ?? 34,
      eval_duration: 2_535_599_000,
    };
  }

  document(exchange, { thinking, text, calls, finish }) {
    const message = { role: 'assistant', content: text };
    if (thinking && exchange.body.think !== false) message.thinking = thinking;
    if (calls.length) message.tool_calls = calls.map((call, n) => this.toolCall(call, n));
    return { model: exchange.model, created_at: created, message, ...this.closing(exchange, finish) };
  }

  async answer(exchange) {
    const { path, method } = exchange;
    const route = this.routes[`${method} ${path}`];
    if (!route) {
      exchange.violations.push(`${method} ${path}: this server has no such path`);
      exchange.res.writeHead(404, { 'content-type': 'text/plain' });
      return exchange.res.end('404 page not found');
    }
    await route.call(this, exchange);
  }

  routes = {
    'POST /api/chat': this.chat,
    'GET /api/version': ({ res }) => json(res, 200, { version: '0.33.0' }),
    'GET /api/tags': ({ res }) => json(res, 200, { models: Object.keys(this.models).map((name) => this.listed(name)) }),
    'GET /api/ps': ({ res }) => json(res, 200, { models: [] }),
    'POST /api/show': this.show,
    'POST /api/embed': this.embed,
    'POST /v1/embeddings': this.embeddings,
    'GET /v1/models': ({ res }) =>
      json(res, 200, {
        object: 'list',
        data: Object.keys(this.models).map((id) => ({
          id,
          object: 'model',
          created: 1_700_000_000,
          owned_by: 'library',
        })),
      }),
  };

  listed(name) {
    const { context, capabilities } = this.facts(name);
    const details = {
      format: 'gguf',
      family: 'qwen3',
      families: ['qwen3'],
      parameter_size: '8.2B',
      quantization_level: 'Q4_K_M',
    };
    const digest = 'a'.repeat(64);
    return {
      name,
      model: name,
      modified_at: created,
      size: 5_225_388_164,
      digest,
      details: { ...details, context_length: context },
      capabilities,
    };
  }

  show(exchange) {
    const { res, body } = exchange;
    const name = body?.model ?? body?.name;
    if (!this.knows(name)) return json(res, 404, { error: `model '${name}' not found` });
    const { context, capabilities } = this.facts(name);
    json(res, 200, {
      modelfile: '# Modelfile',
      template: '{{ .Prompt }}',
      details: this.listed(name).details,
      model_info: { 'general.architecture': 'qwen3', 'qwen3.context_length': context, 'qwen3.embedding_length': 4096 },
      capabilities,
      modified_at: created,
    });
  }

  vectors(input) {
    return [input].flat().map((text) => [tokensOf(text) / 1000, 0.5, -0.25]);
  }

  embed({ res, body }) {
    const embeddings = this.vectors(body.input);
    json(res, 200, {
      model: body.model,
      embeddings,
      total_duration: 14143917,
      load_duration: 1019500,
      prompt_eval_count: 8,
    });
  }

  embeddings({ res, body }) {
    const data = this.vectors(body.input).map((embedding, index) => ({ object: 'embedding', embedding, index }));
    json(res, 200, { object: 'list', data, model: body.model, usage: { prompt_tokens: 8, total_tokens: 8 } });
  }

  refuse(exchange, text = `STRICT: ${exchange.violations.join('; ')}`) {
    json(exchange.res, 400, { error: text });
  }

  async chat(exchange) {
    exchange.violations.push(...checkHeaders(exchange.req.headers), ...checkOllama(exchange.body));
    if (exchange.violations.length) return this.refuse(exchange);
    if (!this.knows(exchange.model)) return json(exchange.res, 404, { error: `model '${exchange.model}' not found` });
    const problem = this.incapable(exchange.body);
    if (problem) return this.refuse(exchange, problem);
    if (exchange.body.messages.length === 0) return this.load(exchange);
    const refusal = this.fit(exchange);
    if (refusal) return json(exchange.res, refusal.status, refusal.body);
    await play(exchange, this.wire, () => this.refuse(exchange), undefined, exchange.body.stream !== false);
  }

  load({ res, model }) {
    json(res, 200, {
      model,
      created_at: created,
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'load',
    });
  }

  incapable({ model, tools, think }) {
    const { capabilities } = this.facts(model);
    if (tools?.length && !capabilities.includes('tools')) return `"${model}" does not support tools`;
    if (think && !capabilities.includes('thinking')) return `"${model}" does not support thinking`;
    return undefined;
  }

  // Makes the prompt fit, as it was asked to. `dropped` is what the model never saw.
  fit(exchange) {
    const { body } = exchange;
    exchange.context = Math.min(body.options?.num_ctx ?? defaultContext, this.facts(body.model).context);
    exchange.prompt = promptTokens(body.messages, body.tools);
    exchange.dropped = 0;
    if (exchange.prompt <= exchange.context) return undefined;
    if (body.truncate === false) return tooLong(exchange.prompt, exchange.context);
    const kept = (from) => body.messages.filter((message, n) => n >= from || message.role === 'system');
    let from = 0;
    while (from < body.messages.length - 1 && promptTokens(kept(from), body.tools) > exchange.context) from++;
    exchange.dropped = body.messages.length - kept(from).length;
    exchange.body = { ...body, messages: kept(from) };
    return undefined;
  }
}
