// The world of the other clients: one scripted server of each kind, by the name of the kind, and the product before
// them.
import { basicProvider, chatProvider, Gateway, messagesProvider, nativeProvider, ollamaProvider } from './gateway.mjs';
import {
  BetaMessagesUpstream,
  EmbeddingOllamaUpstream,
  OpenChatUpstream,
  OpenResponsesUpstream,
} from './sdk_upstreams.mjs';
import { BasicUpstream } from './upstream_basic.mjs';
import { ChatUpstream } from './upstream_chat.mjs';

const keyOf = (kind) => `upstream-secret-of-${kind}`;

const responsesProvider = (upstream) => ({ ...chatProvider(upstream), dialect: 'responses' });

const replaying = (field) => (upstream) => ({ ...chatProvider(upstream), quirks: { reasoning_replay: field } });

const replayingItems = (upstream) => basicProvider(upstream, { quirks: { reasoning_items: 'text' } });

// Which models take a schema is known by their names; these have others.
const recentAnthropic = (upstream) => messagesProvider(upstream, { structured_outputs: true });

// `thinks` is `chat` with a model that shows its reasoning and wants it back.
// `chat` refuses all that a picky server would, `open` takes what chat clients send. `native` and `responses` are the
// same server, once as OpenAI and once as one that has nothing but the Responses API.
const kinds = {
  chat: { make: (key) => new ChatUpstream({ key }), provider: chatProvider },
  thinks: { make: (key) => new ChatUpstream({ style: 'vllm', key }), provider: replaying('reasoning') },
  open: { make: (key) => new OpenChatUpstream({ key }), provider: chatProvider },
  native: { make: (key) => new OpenResponsesUpstream({ key }), provider: nativeProvider },
  responses: { make: (key) => new OpenResponsesUpstream({ key }), provider: responsesProvider },
  basic: { make: (key) => new BasicUpstream({ key }), provider: replayingItems },
  ollama: { make: () => new EmbeddingOllamaUpstream(), provider: ollamaProvider },
  messages: { make: (key) => new BetaMessagesUpstream({ key }), provider: recentAnthropic },
};

export class ClientWorld {
  // `models`: name -> "kind/script", or the whole entry.
  static async start({ servers, models, ...options }) {
    const world = new ClientWorld();
    world.upstreams = {};
    try {
      const providers = {};
      for (const name of servers) {
        world.upstreams[name] = await kinds[name].make(keyOf(name)).start();
        providers[name] = kinds[name].provider(world.upstreams[name]);
      }
      const entry = (value) => (typeof value === 'string' ? { targets: [value], context_window: 32768 } : value);
      const entries = Object.entries(models).map(([name, value]) => [name, entry(value)]);
      world.gateway = await Gateway.start({ providers, models: Object.fromEntries(entries), ...options });
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  get violations() {
    return Object.entries(this.upstreams).flatMap(([name, upstream]) =>
      upstream.violations.map((text) => `${name} ${text}`),
    );
  }

  async stop() {
    await this.gateway?.stop();
    await Promise.all(Object.values(this.upstreams).map((upstream) => upstream.stop()));
  }
}
