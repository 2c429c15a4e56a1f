// TLS between the four services, each side with a certificate: strangers are refused, and certificates and even the
// authority are replaced while requests flow.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { flood, flowOn } from './lib/flowing.mjs';
import { get } from './lib/http.mjs';
import { Load } from './lib/load.mjs';
import { checkHealth, serialAt } from './lib/peers.mjs';
import { Pki } from './lib/pki.mjs';
import { allComplete } from './lib/replicas_scene.mjs';
import { World } from './lib/setup.mjs';
import { until } from './lib/wait.mjs';

const names = 'IP:127.0.0.1,DNS:localhost';
const services = ['auth', 'router', 'provider'];
const portOf = (address) => Number(address.split(':').at(-1));

// The files that the services read, and who they are at the moment.
class Shown {
  constructor(pki) {
    this.pki = pki;
    this.files = Object.fromEntries(['certificate', 'key', 'ca'].map((name) => [name, pki.file(`shown-${name}.pem`)]));
    this.show(pki.issued({ cn: 'service', names }));
    this.trust('ca');
  }

  put(name, text) {
    const draft = `${this.files[name]}.new`;
    fs.writeFileSync(draft, text, { mode: 0o600 });
    fs.renameSync(draft, this.files[name]);
  }

  show(identity) {
    this.put('certificate', fs.readFileSync(identity.certificate));
    this.put('key', fs.readFileSync(identity.key));
  }

  trust(...authorities) {
    this.put('ca', authorities.map((name) => fs.readFileSync(this.pki.file(`${name}.pem`), 'utf8')).join(''));
  }

  get section() {
    return { ...this.files, client_ca: this.files.ca };
  }

  get me() {
    return { ca: this.files.ca, identity: this.files };
  }
}

describe('TLS between the services', () => {
  let pki;
  let shown;
  let world;
  const ports = () => services.map((name) => portOf(world.gateway.at[name].listen));

  before(async () => {
    pki = new Pki();
    shown = new Shown(pki);
    world = await World.start({
      shape: 'fleet',
      models: { held: 'openai/held-100', hello: 'openai/hello' },
      // Connections are short-lived, so that what has been replaced is in use soon.
      sections: { router: { max_age: '0s' }, grpc: { tls: shown.section, max_connection_age: '1s' } },
    });
  });
  after(async () => {
    await world?.stop();
    pki?.remove();
  });

  const underLoad = async (tag, body) => {
    const streams = await flood(world.gateway, 'held', [`${tag}-a`, `${tag}-b`]);
    const load = new Load(world.gateway, 'hello', tag);
    load.start();
    try {
      await load.more(20);
      await body(load);
      await load.more(20);
      await flowOn(streams);
      world.upstreams.openai.letGo();
      await allComplete(streams);
    } finally {
      await load.stop();
    }
    assert.deepEqual(load.problems, [], `${load.bad.length} of ${load.begun} requests failed`);
  };

  test('requests and streams go their way', () => underLoad('way', () => {}));

  test('one of them is answered', async () => {
    for (const port of ports()) assert.equal(await checkHealth(port, shown.me), 1);
  });

  test('strangers are refused: without a certificate, with somebody else’s, in the clear', async () => {
    pki.authority('others');
    const stranger = pki.issued({ cn: 'stranger', names, by: 'others' });
    for (const port of ports()) {
      await assert.rejects(checkHealth(port, { ca: shown.files.ca }));
      await assert.rejects(checkHealth(port, { ca: shown.files.ca, identity: stranger }));
      await assert.rejects(checkHealth(port));
    }
  });

  // Until each service shows it, and all of them still understand each other.
  const comesIntoUse = async (identity, load) => {
    const wanted = await serialOf(identity);
    for (const port of ports()) {
      await until(async () => (await serialAt(port, shown.me)) === wanted, `the new certificate at ${port}`);
    }
    await load.more(60);
  };
  const serialOf = async ({ certificate }) => {
    const { X509Certificate } = await import('node:crypto');
    return new X509Certificate(fs.readFileSync(certificate)).serialNumber;
  };

  test('a new certificate is taken over under load', () =>
    underLoad('renewed', async (load) => {
      const next = pki.issued({ cn: 'service', names });
      shown.show(next);
      await comesIntoUse(next, load);
    }));

  test('so is a new authority', () =>
    underLoad('authority', async (load) => {
      pki.authority('next');
      shown.trust('ca', 'next');
      await load.more(100);
      const next = pki.issued({ cn: 'service', names, by: 'next' });
      shown.show(next);
      await comesIntoUse(next, load);
      shown.trust('next');
      await load.more(100);
    }));

  test('files that are no good leave the certificate in force', () =>
    underLoad('bad', async (load) => {
      const before = await Promise.all(ports().map((port) => serialAt(port, { ...shown.me, identity: idOf() })));
      const good = Object.fromEntries(['certificate', 'key'].map((name) => [name, fs.readFileSync(shown.files[name])]));
      shown.put('certificate', 'no certificate\n');
      await until(() => /tls_certificate_refused/.test(world.gateway.logs), 'the refusal to be logged');
      shown.put('certificate', good.certificate);
      await load.more(20);
      const now = await Promise.all(ports().map((port) => serialAt(port, { ...shown.me, identity: idOf() })));
      assert.deepEqual(now, before);
    }));
  const idOf = () => pki.issued({ cn: 'asker', names, by: 'next' });

  test('no key is in a log, and nobody warns of plain text', () => {
    for (const word of ['PRIVATE KEY', 'grpc_without_tls']) assert.ok(!world.gateway.logs.includes(word), word);
  });
});

describe('TLS on the admin port', () => {
  test('is spoken alone, and shows what it serves', async () => {
    const pki = new Pki();
    const { certificate, key } = pki.server;
    const world = await World.start({ shape: 'serve', models: { hello: 'openai/hello' } });
    try {
      const program = world.gateway;
      program.edit((config) => (config.admin_tls = { certificate, key }));
      await program.kill('gateway', 'SIGTERM');
      program.restart('gateway');
      const ready = async () => (await pki.ask(program.adminPort(), '/readyz')).status === 200;
      await until(ready, 'the admin port to say by TLS that it is ready');
      assert.equal((await get({ port: program.adminPort() }, '/readyz')).status, 400);
    } finally {
      await world.stop();
      pki.remove();
    }
  });
});

describe('TLS for clients', () => {
  test('is spoken on the gRPC port, too', async () => {
    const pki = new Pki();
    const { certificate, key } = pki.server;
    const sections = { gateway: { tls: { certificate, key } } };
    const world = await World.start({ shape: 'fleet', models: { hello: 'openai/hello' }, sections });
    try {
      const port = portOf(world.gateway.at.gateway.grpc);
      assert.equal(await checkHealth(port, { ca: pki.file('ca.pem') }), 1);
      await assert.rejects(checkHealth(port));
    } finally {
      await world.stop();
      pki.remove();
    }
  });
});
