// The world of the other clients: one scripted server of each kind, by the name of the kind, and the product before them.
import { checkHeaders } from './chat_check.mjs';
import { chatProvider, Gateway, nativeProvider } from './gateway.mjs';
import { play } from './scripts.mjs';
import { ChatUpstream } from './upstream_chat.mjs';
import { ResponsesUpstream } from './upstream_responses.mjs';

const keyOf = (kind) => `upstream-secret-of-${kind}`;

// A chat server for clients whose own bytes reach it: what they chose to send is not the gateway's doing.
class OpenChatUpstream extends ChatUpstream {
  async answer(exchange) {
    if (exchange.path !== '/v1/chat/completions') return super.answer(exchange);
    exchange.violations.push(...checkHeaders(exchange.headers, this.key));
    if (exchange.violations.length) return this.refuse(exchange);
    await play(exchange, this.wire, () => this.refuse(exchange));
  }
}

// `chat` refuses all that a picky server would, `open` takes what chat clients send.
const kinds = {
  chat: { make: (key) => new ChatUpstream({ key }), provider: chatProvider },
  open: { make: (key) => new OpenChatUpstream({ key }), provider: chatProvider },
  native: { make: (key) => new ResponsesUpstream({ key }), provider: nativeProvider },
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
