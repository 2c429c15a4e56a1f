// A model server that speaks Responses natively, and records the bytes it was sent, so that a test can
// tell whether they passed through untouched. Its answers hold what must not reach Codex.
import { checkHeaders } from './chat_check.mjs';
import { finalText, heredoc, patch } from './chat_scripts.mjs';
import { customCall, functionCall, message, reasoning, usage } from './responses_events.mjs';
import { json, Upstream } from './upstream.mjs';
import { sleep } from './wait.mjs';

const patchCalls = {
  heredoc: () => functionCall('call_b1', 'exec_command', { cmd: heredoc }),
  freeform: () => customCall('call_b1', 'apply_patch', patch),
};

// The items of the next answer in the agent's loop.
function agentItems(body, way) {
  const outputs = body.input.filter((item) => /_call_output$/.test(item.type));
  const patched = outputs.some((item) => /Success\. Updated/.test(JSON.stringify(item.output)));
  if (patched) return [message('msg_final', finalText)];
  if (outputs.length) return [reasoning('rs_1', 'Now the patch'), patchCalls[way]()];
  return [
    reasoning('rs_0', 'Planning the file'),
    message('msg_first', 'I make the file first.'),
    functionCall('call_a1', 'exec_command', { cmd: "echo 'hello from the shell' > hello.txt" }),
    functionCall('call_a2', 'exec_command', { cmd: 'echo "here: $PWD"' }),
  ];
}

// What Codex sends back must have come through as it was said.
function checkReplay(body, problems) {
  const replayed = body.input.filter((item) => item.type === 'reasoning');
  for (const item of replayed) {
    if (!/^opaque-rs_/.test(item.encrypted_content ?? ''))
      problems.push(`reasoning came back with ${item.encrypted_content}`);
  }
  if (!body.tools?.some((tool) => tool.type === 'function')) problems.push('no function tool arrived');
}

class EventWriter {
  constructor(res, id, model) {
    Object.assign(this, { res, id, model, sequence: 0, index: 0, output: [] });
    res.writeHead(200, {
      'content-type': 'text/event-stream',
      'openai-model': 'some-other-model',
      'x-codex-turn-state': 'sticky-1',
    });
  }

  send(type, fields) {
    const data = { type, ...fields, sequence_number: this.sequence++ };
    this.res.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  response(status, more = {}) {
    return {
      id: this.id,
      object: 'response',
      created_at: 1_700_000_000,
      status,
      model: this.model,
      output: this.output,
      ...more,
    };
  }

  begin() {
    this.send('response.created', {
      response: this.response('in_progress', { headers: { 'openai-model': 'some-other-model' } }),
    });
    this.send('response.future_event', { note: 'unknown events pass through', ünïcode: '漢字' });
  }

  async item(item) {
    const output_index = this.index++;
    this.send('response.output_item.added', { output_index, item: { ...item, status: 'in_progress', content: [] } });
    if (item.type === 'message') await this.text(item, output_index);
    this.output.push(item);
    this.send('response.output_item.done', { output_index, item });
  }

  async text(item, output_index) {
    for (const delta of item.content[0].text.match(/[^]{1,9}/g)) {
      this.send('response.output_text.delta', {
        item_id: item.id,
        output_index,
        content_index: 0,
        delta,
        logprobs: [],
      });
      await sleep(1);
    }
  }

  complete() {
    this.send('response.completed', { response: this.response('completed', { usage, end_turn: false }) });
    this.res.end();
  }
}

async function stream(exchange, items) {
  const writer = new EventWriter(exchange.res, `resp_${exchange.number}`, exchange.model);
  writer.begin();
  for (const item of items) await writer.item(item);
  writer.complete();
}

async function paced(exchange, words) {
  const writer = new EventWriter(exchange.res, `resp_${exchange.number}`, exchange.model);
  writer.begin();
  const item = message('msg_paced', 'word '.repeat(words));
  writer.send('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } });
  for (let n = 0; n < words && exchange.closedAt === undefined; n++) {
    writer.send('response.output_text.delta', {
      item_id: item.id,
      output_index: 0,
      content_index: 0,
      delta: 'word ',
      logprobs: [],
    });
    await sleep(50);
  }
  writer.output.push(item);
  writer.send('response.output_item.done', { output_index: 0, item });
  writer.complete();
}

export const nativeText = 'Hello from the native model.';

const scripts = {
  hello: (exchange) => [message('msg_hello', nativeText)],
  'agent-heredoc': (exchange) => agentItems(exchange.body, 'heredoc'),
  'agent-freeform': (exchange) => agentItems(exchange.body, 'freeform'),
};

function refuse(exchange, status, code, text, headers) {
  json(exchange.res, status, { error: { message: text, type: 'invalid_request_error', param: null, code } }, headers);
}

export class ResponsesUpstream extends Upstream {
  constructor({ key } = {}) {
    super();
    this.key = key;
  }

  async answer(exchange) {
    const { req, res } = exchange;
    if (req.method === 'GET')
      return json(res, 200, { object: 'list', data: [{ id: 'hello', object: 'model', owned_by: 'native' }] });
    exchange.violations.push(...checkHeaders(req.headers, this.key));
    if (req.url === '/v1/chat/completions' && exchange.model !== 'fault-401') return this.chat(exchange);
    if (req.url !== '/v1/responses' && req.url !== '/v1/chat/completions')
      exchange.violations.push(`unknown path ${req.url}`);
    if (exchange.violations.length)
      return refuse(exchange, 400, 'invalid_prompt', `STRICT: ${exchange.violations.join('; ')}`);
    await this.respond(exchange);
  }

  async respond(exchange) {
    const [, words] = /^paced-(\d+)$/.exec(exchange.model) ?? [];
    if (exchange.model === 'fault-404')
      return refuse(exchange, 404, 'model_not_found', 'The model `fault-404` does not exist');
    if (exchange.model === 'fault-401') {
      return refuse(exchange, 401, 'invalid_api_key', `Incorrect API key provided: ${exchange.headers.authorization}`);
    }
    if (words) return paced(exchange, Number(words));
    if (exchange.model.startsWith('agent-')) checkReplay(exchange.body, exchange.violations);
    const items = scripts[exchange.model](exchange);
    if (exchange.body.stream) return stream(exchange, items);
    const document = {
      id: `resp_${exchange.number}`,
      object: 'response',
      status: 'completed',
      model: exchange.model,
      output: items,
      usage,
      future_field: { kept: true },
    };
    json(exchange.res, 200, document, { 'openai-model': 'some-other-model' });
  }

  // The provider's own chat door, in its plainest form.
  chat(exchange) {
    if (exchange.body.stream) {
      exchange.res.writeHead(200, { 'content-type': 'text/event-stream' });
      const base = { id: 'chatcmpl-n', object: 'chat.completion.chunk', created: 1, model: exchange.model };
      const chunk = (delta, finish_reason) =>
        `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
      return exchange.res.end(
        `${chunk({ role: 'assistant', content: nativeText }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`,
      );
    }
    json(exchange.res, 200, {
      id: 'chatcmpl-n',
      object: 'chat.completion',
      created: 1,
      model: exchange.model,
      choices: [{ index: 0, message: { role: 'assistant', content: nativeText }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
    });
  }
}
