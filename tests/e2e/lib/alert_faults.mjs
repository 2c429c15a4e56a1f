// What can go wrong with the running product, each with the one alert that it must fire. Where a fault makes another alert
// true by its nature, that one is named as well: `also` fires, too.
import assert from 'node:assert/strict';
import { flowing } from './flowing.mjs';
import { chatProvider } from './gateway.mjs';
import { chatBody, post, responsesBody } from './http.mjs';
import { Pki } from './pki.mjs';
import { Pulse } from './pulse.mjs';
import { FaultUpstream } from './upstream_faults.mjs';
import { MoneyUpstream } from './upstream_money.mjs';
import { sleep } from './wait.mjs';

const everySecond = ({ number }) => (number % 2 === 0 ? '500' : 'ok');
const targets = (...list) => ({ targets: list });

// Answers nobody before `thinking` is over.
class Thinker extends FaultUpstream {
  thinking = Promise.resolve();

  async answer(exchange) {
    if (exchange.method === 'POST') await this.thinking;
    await super.answer(exchange);
  }
}

// The product before a server that can fail and one that is well. Each scene has its own; `stop` ends all.
export class AlertScene {
  async settings({ shape, replicas, sections = {}, tls = false }) {
    this.first = await new Thinker().start();
    this.well = await new MoneyUpstream().start();
    const grpc = tls ? { grpc: { tls: this.certificates() } } : {};
    return {
      shape,
      replicas,
      providers: { first: chatProvider(this.first), well: chatProvider(this.well) },
      models: {
        good: targets('well/good'),
        held: targets('well/held'),
        both: targets('first/ok', 'well/good'),
        alone: targets('first/alone'),
        flaky: targets('first/flaky', 'well/good'),
        slow: targets('first/ok@slow'),
      },
      sections: {
        prices: { 'well/*': { input: 1000, output: 0 }, 'first/*': { input: 0, output: 0 } },
        ...grpc,
        ...sections,
      },
    };
  }

  // They end tomorrow.
  certificates() {
    this.pki = new Pki();
    const { certificate, key } = this.pki.issued({ cn: 'service', names: 'IP:127.0.0.1,DNS:localhost' });
    const ca = this.pki.file('ca.pem');
    return { certificate, key, ca, client_ca: ca };
  }

  busy(models, options) {
    this.pulse = new Pulse(this.gateway, models, options).start();
    return this.pulse.more(30);
  }

  // A streaming request that goes well.
  async stream(model) {
    const { status, text } = await post(this.gateway, '/v1/responses', responsesBody(model, { stream: true }));
    assert.equal(status, 200, text);
    assert.match(text, /response\.completed/);
  }

  // Until Prometheus has looked again.
  async seen() {
    const before = await this.prometheus.looks();
    await this.prometheus.until(async () => (await this.prometheus.looks()) > before + 1, 'another look');
  }

  async stop() {
    await this.prometheus?.stop();
    await this.pulse?.stop();
    await this.gateway?.stop();
    await this.first?.stop();
    await this.well?.stop();
    this.pki?.remove();
  }
}

const once = { router: { retry: { attempts: 1 } } };

export const faults = [
  {
    name: 'nothing is wrong',
    shapes: ['serve', 'fleet'],
    inject: (scene) => scene.busy(['good', 'both']),
  },
  {
    name: 'a provider is down, and another one serves',
    shapes: ['serve', 'fleet'],
    alert: 'WayleaveProviderDown',
    async inject(scene) {
      await scene.busy(['both', 'good']);
      await scene.first.down();
    },
  },
  {
    name: 'a provider fails every second request, and nobody else can serve',
    shapes: ['serve'],
    sections: once,
    alert: 'WayleaveProviderFailing',
    async inject(scene) {
      scene.first.plan('alone', everySecond);
      await scene.busy(['alone', 'good']);
    },
  },
  {
    name: 'a first target fails every second request, and the next one serves',
    shapes: ['serve', 'fleet'],
    sections: once,
    alert: 'WayleaveFallbackStorm',
    async inject(scene) {
      scene.first.plan('flaky', everySecond);
      await scene.busy(['flaky']);
    },
  },
  {
    name: 'a provider thinks for six seconds before it speaks',
    shapes: ['serve'],
    alert: 'WayleaveFirstTokenBurns',
    async inject(scene) {
      await scene.stream('slow');
      await scene.seen();
      scene.first.thinking = sleep(6_000);
      await scene.stream('slow');
    },
  },
  {
    name: 'the router-service stands still for half a second, again and again',
    shapes: ['fleet'],
    sections: { router: { max_age: '0s' } },
    alert: 'WayleaveAddedLatencyBurns',
    async inject(scene) {
      const router = scene.gateway.process('router');
      for (let n = 0; n < 4; n++) {
        router.signal('SIGSTOP');
        const answer = scene.stream('good');
        await sleep(500);
        router.signal('SIGCONT');
        await answer;
        await scene.seen();
      }
    },
  },
  {
    name: 'one of two provider-services is killed',
    shapes: ['fleet'],
    replicas: { provider: 2 },
    alert: 'WayleaveReplicaMissing',
    async inject(scene) {
      await scene.busy(['good']);
      await scene.pulse.stop();
      await scene.gateway.kill('provider2');
      await scene.busy(['good']);
    },
  },
  {
    name: 'the only router-service is killed under traffic',
    shapes: ['fleet'],
    sections: { router: { max_age: '0s' } },
    alert: 'WayleaveServiceDown',
    also: ['WayleaveAvailabilityBurns'], // nothing can be routed
    async inject(scene) {
      await scene.busy(['good']);
      await scene.gateway.kill('router');
    },
  },
  {
    name: 'auth-service is killed while a stream runs',
    shapes: ['fleet'],
    alert: 'WayleaveJournalLag',
    also: ['WayleaveServiceDown'], // it is
    async inject(scene) {
      const stream = await flowing(scene.gateway, 'held', 'alert-held');
      await scene.gateway.kill('auth');
      scene.well.letGo('held');
      await stream.rest;
    },
  },
  {
    name: 'a tenant has used nearly all of its budget',
    shapes: ['serve', 'fleet'],
    sections: { tenants: { default: { budget: { daily: 10 } } } },
    alert: 'WayleaveBudgetNearEnd',
    async inject(scene) {
      for (let n = 0; n < 8; n++) {
        const { status, text } = await post(scene.gateway, '/v1/chat/completions', chatBody('good'));
        assert.equal(status, 200, text);
      }
    },
  },
  {
    name: 'the certificates between the services end tomorrow',
    shapes: ['fleet'],
    tls: true,
    alert: 'WayleaveCertificateExpires',
    inject: (scene) => scene.busy(['good']),
  },
  {
    name: 'the configuration is written and wrong',
    shapes: ['serve', 'fleet'],
    alert: 'WayleaveConfigRefused',
    async inject(scene) {
      await scene.busy(['good']);
      scene.gateway.rewrite('models: [this is no map');
    },
  },
];
