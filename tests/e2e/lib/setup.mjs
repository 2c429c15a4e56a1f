// The usual world of a test file: scripted servers in every style, and the product in one shape before them.
import { basicProvider, chatProvider, Gateway, messagesProvider, nativeProvider, ollamaProvider } from './gateway.mjs';
import { styles as styleTable } from './chat_styles.mjs';
import { BasicUpstream } from './upstream_basic.mjs';
import { ChatUpstream } from './upstream_chat.mjs';
import { MessagesUpstream } from './upstream_messages.mjs';
import { OllamaUpstream } from './upstream_ollama.mjs';
import { ResponsesUpstream } from './upstream_responses.mjs';

export const chatStyles = ['openai', 'vllm', 'ollama', 'deepseek', 'messy'];
export const providerKey = (name) => `upstream-secret-of-${name}`;

// What the configuration must say of a chat server so that it gets earlier reasoning back the way it wants.
function quirksOf(style) {
  const replay = styleTable[style]?.replay;
  return replay ? { quirks: { reasoning_replay: replay.field } } : {};
}

// The kinds of model server that a provider can be, as Codex's table in docs/codex.md has them.
export const kinds = ['chat', 'ollama', 'basic', 'messages', 'native'];
const makers = {
  chat: (key) => new ChatUpstream({ style: 'openai', key }),
  ollama: () => new OllamaUpstream(),
  basic: (key, style) => new BasicUpstream({ key, style }),
  messages: (key) => new MessagesUpstream({ key }),
  native: (key) => new ResponsesUpstream({ key }),
};
const providers = {
  chat: chatProvider,
  ollama: ollamaProvider,
  basic: basicProvider,
  messages: messagesProvider,
  native: nativeProvider,
};

export class World {
  // `styles`: a scripted chat server and a provider of that name for each. `native`: one that speaks
  // Responses, as provider "native". `kinds`: a server and a provider of each of these kinds.
  // `providers`: further ones, or what makes them of the servers.
  // `basicStyle`: which of the servers with functions only. `models`: model name -> target, or -> the whole entry.
  static async start({
    shape,
    styles = ['openai'],
    native = false,
    kinds: wanted = native ? ['native'] : [],
    basicStyle,
    models = {},
    providers: more = {},
    providerOptions = {},
    ...options
  }) {
    const world = new World();
    world.upstreams = {};
    try {
      for (const style of styles) await world.add(style, new ChatUpstream({ style, key: providerKey(style) }));
      for (const kind of wanted) await world.add(kind, makers[kind](providerKey(kind), basicStyle));
      const others = typeof more === 'function' ? more(world.upstreams) : more;
      const all = { ...world.providers(styles, providerOptions), ...others };
      const entries = Object.entries(models).map(([name, entry]) => [
        name,
        typeof entry === 'string' ? { targets: [entry] } : entry,
      ]);
      world.gateway = await Gateway.start({ shape, providers: all, models: Object.fromEntries(entries), ...options });
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  async add(name, upstream) {
    if (this.upstreams[name]) throw new Error(`two servers are called ${name}`);
    this.upstreams[name] = await upstream.start();
  }

  providers(styles, options) {
    const entry = ([name, upstream]) => [
      name,
      styles.includes(name)
        ? chatProvider(upstream, { ...quirksOf(name), ...options })
        : providers[name](upstream, options),
    ];
    return Object.fromEntries(Object.entries(this.upstreams).map(entry));
  }

  get violations() {
    return Object.entries(this.upstreams).flatMap(([name, upstream]) =>
      upstream.violations.map((text) => `${name} ${text}`),
    );
  }

  async stop() {
    const ends = await this.gateway?.stop();
    await Promise.all(Object.values(this.upstreams).map((upstream) => upstream.stop()));
    return ends;
  }
}
