// One case on one kind of server: Codex with a home of its own, a model of its own at the gateway and at the upstream.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { windowOf } from './codex_cases.mjs';
import { CodexApp } from './codex_app.mjs';
import { codexConfig, CodexHome, execCodex } from './codex.mjs';
import { get } from './http.mjs';

export const modelOf = (entry, kind) => `${entry.prefix ?? ''}${kind}-${entry.name}`;
// The gateway goes by the name of a Claude to know what it can do.
const claudes = { 'effort-ultra': 'claude-opus-4-6' };
const upstreamModel = ({ script, name }, kind) =>
  kind === 'messages' ? `${script}@${name}-${claudes[name] ?? 'claude-sonnet-4-5'}` : `${script}@${name}`;

// The gateway's models for all cases on these kinds.
export const modelsFor = (cases, kinds) =>
  Object.fromEntries(
    kinds.flatMap((kind) =>
      cases
        .filter((entry) => entry.kinds.includes(kind))
        .map((entry) => [
          modelOf(entry, kind),
          { targets: [`${entry.provider ?? kind}/${upstreamModel(entry, kind)}`], context_window: windowOf(entry) },
        ]),
    ),
  );

export class Scene {
  constructor(world, entry, kind) {
    Object.assign(this, { world, entry, kind, upstream: world.upstreams[kind], open: [] });
  }

  get key() {
    return this.entry.key ?? this.world.gateway.key;
  }

  // The gateway's name for the model.
  get model() {
    return this.entry.gatewayModel ?? modelOf(this.entry, this.kind);
  }

  get exchanges() {
    return this.upstream.of(upstreamModel(this.entry, this.kind));
  }

  get violations() {
    return this.exchanges.flatMap((exchange) => exchange.violations);
  }

  arrived(count) {
    return this.upstream.arrived(upstreamModel(this.entry, this.kind), count);
  }

  // How many requests reached the upstream.
  requests(count) {
    assert.equal(this.exchanges.length, count, 'requests at the upstream');
  }

  // The gateway's own account of the requests for this scene's model.
  get logged() {
    return this.world.gateway.logs
      .split('\n')
      .filter((line) => line.includes('"event":"request"') && line.includes(`"model":${JSON.stringify(this.model)}`));
  }

  home({ files, ...options } = {}) {
    const config = codexConfig({ gateway: this.world.gateway, model: this.model, ...options });
    const home = new CodexHome({ config, files });
    this.open.push(() => home.remove());
    return home;
  }

  async gatewayLists(id) {
    const { json } = await get(this.world.gateway, '/v1/models');
    return json.data.some((model) => model.id === id);
  }

  // `searching`: a catalogue that says that the model can search for tools.
  async exec({ searching, top = '', ...options } = {}) {
    const home = this.home({ ...options, top: searching ? `${top}model_catalog_json = "catalogue.json"\n` : top });
    if (searching) await this.catalogue(home);
    return this.execIn(home, options);
  }

  async catalogue(home) {
    const { json } = await get(this.world.gateway, '/v1/models');
    const models = json.models.map((model) => ({ ...model, supports_search_tool: true }));
    fs.writeFileSync(path.join(home.home, 'catalogue.json'), JSON.stringify({ models }));
  }

  execIn(home, options) {
    return execCodex(home, { key: this.key, ...options });
  }

  async app(options) {
    const app = await CodexApp.start(this.home(options), { key: this.key });
    this.open.push(() => app.stop());
    return app;
  }

  async close() {
    for (const close of this.open.reverse()) await close();
  }
}
