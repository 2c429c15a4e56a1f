// The product before a server that fails as it is told, and one that is well; each row of a table (faults.mjs) at a
// provider of its own. No circuit opens, so that each case is by itself, unless `router` says otherwise.
import assert from 'node:assert/strict';
import tls from 'node:tls';
import { selfSigned } from './certificate.mjs';
import { Gateway } from './gateway.mjs';
import { collect, open, post, readAll, responsesBody } from './http.mjs';
import { checkResponsesStream, deltasOf, terminal, textOf } from './responses_events.mjs';
import { FaultUpstream, goodText } from './upstream_faults.mjs';
import { freePort } from './wait.mjs';

// The targets of `case`s of a row: the faulty one alone, with a good one behind it, or faulty once.
export const targetsOf = ({ does = 'x' }, provider) => ({
  [`${provider}-alone`]: [`${provider}/${does}@alone-${provider}`],
  [`${provider}-behind`]: [`${provider}/${does}@behind-${provider}`, `well/ok@${provider}`],
  [`${provider}-once`]: [`${provider}/${does}+ok@once-${provider}`, `well/ok@once-${provider}`],
});

const compatible = (base_url, dialect, more = {}) => ({ type: 'openai-compatible', dialect, base_url, ...more });
const alone = { breaker: { failures: 0 }, retry: { base: '10ms' } };

export class FaultScene {
  // `rows`: provider -> {row, dialect}. `providers`: what makes further ones of the scene. `models`: name -> targets.
  static async start({ shape, rows = {}, models = {}, providers = () => ({}), targets = {}, router = alone }) {
    const scene = new FaultScene();
    try {
      await scene.servers();
      const all = { well: compatible(`${scene.well.url}/v1`, 'chat'), ...providers(scene) };
      const named = {};
      for (const [provider, { row, dialect }] of Object.entries(rows)) {
        const { timeouts = {} } = row;
        all[provider] = compatible(row.at?.(scene.places) ?? `${scene.sick.url}/v1`, dialect, { timeouts });
        Object.assign(named, targetsOf(row, provider));
      }
      for (const [name, list] of Object.entries({ ...named, ...models })) named[name] = { targets: list };
      const silent = Object.keys(rows).filter((provider) => rows[provider].row.at);
      const sections = { router, targets };
      scene.gateway = await Gateway.start({ shape, providers: all, models: named, silent, sections });
      return scene;
    } catch (error) {
      await scene.stop();
      throw error;
    }
  }

  async servers() {
    this.sick = await new FaultUpstream().start();
    this.well = await new FaultUpstream().start();
    const port = await freePort();
    this.guarded = tls.createServer(selfSigned('localhost')).on('tlsClientError', () => {});
    await new Promise((resolve) => this.guarded.listen(port, '127.0.0.1', resolve));
    this.places = {
      nobody: `http://127.0.0.1:${await freePort()}/v1`,
      plain: `https://127.0.0.1:${this.sick.port}/v1`,
      unknown: `https://127.0.0.1:${port}/v1`,
      nowhere: 'http://no..such.host.invalid/v1', // no name at all: nobody is asked for it
    };
  }

  async stop() {
    await this.gateway?.stop();
    this.guarded?.close();
    await Promise.all([this.sick, this.well].map((upstream) => upstream?.stop()));
  }

  // A fifth of a repeat for each request: enough for all cases, so that none is refused its own.
  async earnRepeats(repeats) {
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        for (let n = 0; n < repeats; n++) await post(this.gateway, '/v1/responses', responsesBody('well/ok@earns'));
      }),
    );
  }

  // One request: {status, headers} and the events of a stream or else the JSON of a document.
  async ask(model, stream = true) {
    const body = responsesBody(model, { stream });
    const { port, key } = this.gateway;
    const response = await open(port, { method: 'POST', path: '/v1/responses', body, key }).response;
    const { statusCode: status, headers } = response;
    if (!stream || status !== 200) return { status, headers, json: JSON.parse(await readAll(response)) };
    const { events, broken } = await collect(response);
    assert.equal(broken, undefined, `the connection broke: ${broken}`);
    return { status, headers, events: events.filter(({ comment }) => !comment) };
  }

  count(name, labels, service = 'gateway') {
    return this.gateway.metric(service, name, labels);
  }
}

export function assertGood(answer, text = goodText) {
  assert.equal(answer.status, 200, JSON.stringify(answer.json));
  if (!answer.events) return assert.equal(textOf(answer.json.output), text);
  const { last, items } = checkResponsesStream(answer.events);
  assert.equal(last.type, 'response.completed', JSON.stringify(last));
  assert.equal(textOf(items), text);
  assert.equal(deltasOf(answer.events), text);
}

export function assertTold({ status, headers, json }, told) {
  assert.deepEqual({ status, code: json?.error.code, wait: headers['retry-after'] }, { wait: undefined, ...told });
  assert.ok(json.error.message.length > 10, json.error.message);
}

// One failed response behind whatever text there was, and nothing behind it.
export function assertBroken({ status, events, json }, { code, text }) {
  assert.equal(status, 200, JSON.stringify(json));
  const endings = events.filter(({ data }) => terminal.has(data.type));
  assert.deepEqual(endings.map(({ data }) => data.type), ['response.failed']);
  assert.equal(events.at(-1), endings[0], 'something came behind the end');
  const { error } = endings[0].data.response;
  assert.equal(error.code, code);
  assert.ok(error.message.length > 10, error.message);
  assert.equal(deltasOf(events), text);
}
