// The product with an administrator, and a model that keeps books, for the tests of the administration.
import assert from 'node:assert/strict';
import { Fleet } from './fleet.mjs';
import { chatProvider } from './gateway.mjs';
import { chatBody, post } from './http.mjs';
import { LedgerUpstream, prices } from './ledger_upstream.mjs';
import { DescribedAdmin } from './openapi.mjs';

export const adminShapes = {
  'one process, SQLite': { shape: 'serve' },
  'four processes, PostgreSQL': { shape: 'fleet', database: true },
};

export const names = (list) => list.map(({ name }) => name);

export function assertRefused(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  if (code) assert.equal(answer.json.error.code, code);
}

export class AdminScene {
  covered = new Set();

  static async start(options) {
    const scene = new AdminScene();
    scene.upstream = await new LedgerUpstream({ pace: 1 }).start();
    const providers = { books: chatProvider(scene.upstream) };
    const models = { counted: { targets: ['books/counted'] }, other: { targets: ['books/counted'] } };
    const sections = { prices: { 'books/counted': prices }, tenants: { filed: { budget: { daily: 1 } } } };
    try {
      scene.fleet = await Fleet.begin({ ...options, providers, models, sections });
    } catch (error) {
      await scene.stop();
      throw error;
    }
    scene.desk = scene.as(scene.fleet.operator.secret);
    return scene;
  }

  as(key) {
    return new DescribedAdmin(this.fleet.adminPort(), key, this.covered);
  }

  // A client with a new key of these scopes.
  async scoped(tenant, ...scopes) {
    return this.as((await this.desk.makeKey({ tenant, scopes })).secret);
  }

  asks(key, id) {
    const messages = [{ role: 'user', content: `id=${id}. ` }];
    return post(this.fleet, '/v1/chat/completions', chatBody('counted', { messages }), { key });
  }

  async stop() {
    await this.fleet?.stop();
    await this.upstream?.stop();
  }
}
