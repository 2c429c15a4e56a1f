// The usual world of a test file: scripted servers in every style, and the product in one shape before them.
import { chatProvider, Gateway, nativeProvider, ollamaProvider } from './gateway.mjs';
import { styles as styleTable } from './chat_styles.mjs';
import { ChatUpstream } from './upstream_chat.mjs';
import { ResponsesUpstream } from './upstream_responses.mjs';

export const chatStyles = ['openai', 'vllm', 'ollama', 'deepseek', 'messy'];
export const providerKey = (name) => `upstream-secret-of-${name}`;

// What the configuration must say of a server so that it gets earlier reasoning back the way it wants. The
// provider type for Ollama knows by itself.
function quirksOf(style) {
  const replay = style !== 'ollama' && styleTable[style]?.replay;
  return replay ? { quirks: { reasoning_replay: replay.field } } : {};
}

export class World {
  // `styles`: a scripted chat server and a provider of that name for each. `native`: one that speaks
  // Responses, as provider "native". `models`: model name -> target, or -> the whole entry.
  static async start({
    shape,
    styles = ['openai'],
    native = false,
    models = {},
    providers = {},
    providerOptions = {},
    ...options
  }) {
    const world = new World();
    world.upstreams = {};
    try {
      for (const style of styles)
        world.upstreams[style] = await new ChatUpstream({
          style,
          key: style === 'ollama' ? undefined : providerKey(style),
        }).start();
      if (native) world.upstreams.native = await new ResponsesUpstream({ key: providerKey('native') }).start();
      const all = { ...world.providers(providerOptions), ...providers };
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

  providers(options) {
    const make = { ollama: ollamaProvider, native: nativeProvider };
    const entry = ([name, upstream]) => [
      name,
      (make[name] ?? chatProvider)(upstream, { ...quirksOf(name), ...options }),
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
