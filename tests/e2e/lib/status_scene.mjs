// The product with something to see: tenants that spend, an answer in progress, a target that does not answer.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { AdminScene } from './admin_scene.mjs';
import { Fleet } from './fleet.mjs';
import { chatProvider } from './gateway.mjs';
import { chatBody, open, post } from './http.mjs';
import { LedgerUpstream, prices } from './ledger_upstream.mjs';
import { DescribedAdmin } from './openapi.mjs';
import { ChatUpstream } from './upstream_chat.mjs';
import { freePort, until } from './wait.mjs';

export class StatusScene extends AdminScene {
  static async start(options = {}) {
    const scene = new StatusScene();
    scene.upstream = await new LedgerUpstream({ pace: 1 }).start();
    scene.talker = await new ChatUpstream().start();
    const gone = { url: `http://127.0.0.1:${await freePort()}` };
    const providers = {
      books: chatProvider(scene.upstream),
      talk: chatProvider(scene.talker),
      gone: chatProvider(gone),
    };
    const models = {
      counted: { targets: ['books/counted'] },
      held: { targets: ['talk/held'] },
      broken: { targets: ['gone/broken'] },
    };
    const sections = {
      prices: { 'books/counted': prices, 'talk/held': prices },
      router: { retry: { attempts: 1 }, breaker: { failures: 3, open: '10m', most_open: '10m' } },
      tenants: { research: { budget: { daily: 5 } } },
    };
    try {
      scene.fleet = await Fleet.begin({ ...options, providers, models, sections, silent: ['gone'] });
      await scene.populate();
    } catch (error) {
      await scene.stop();
      throw error;
    }
    return scene;
  }

  async populate() {
    this.desk = new DescribedAdmin(this.fleet.adminPort(), this.fleet.operator.secret);
    this.keys = {};
    for (const tenant of ['research', 'sales']) {
      await this.desk.call('POST', '/tenants', { name: tenant });
      this.keys[tenant] = (await this.fleet.newKey({ tenant, user: `${tenant}-ann` })).secret;
    }
  }

  // `model` may be what nobody has.
  request(tenant, model) {
    return post(this.fleet, '/v1/chat/completions', chatBody(model), { key: this.keys[tenant] });
  }

  // An answer that goes on until end() is called.
  async holding(tenant) {
    const body = chatBody('held', { stream: true });
    const response = await open(this.fleet.port, {
      method: 'POST',
      path: '/v1/chat/completions',
      body,
      key: this.keys[tenant],
    }).response;
    assert.equal(response.statusCode, 200);
    response.resume();
    return {
      end: async () => {
        this.talker.letGo();
        if (!response.complete) await once(response, 'end');
      },
    };
  }

  // What the gateway tells, once it is so.
  seen(probe, what, desk = this.desk) {
    return until(async () => {
      const live = await desk.tells('/live');
      return probe(live) && live;
    }, what);
  }

  async stop() {
    await super.stop();
    await this.talker?.stop();
  }
}
