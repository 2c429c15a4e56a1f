// Certificates made by openssl: who vouches, the gateway's own, clients' with names of all kinds.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { makeDir, removeDir } from './env.mjs';
import { readAll } from './http.mjs';

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });

export class Pki {
  constructor() {
    this.dir = makeDir('pki');
    this.authority('ca');
    this.made = 0;
    this.server = this.issued({ cn: 'gateway', names: 'IP:127.0.0.1,DNS:localhost' });
  }

  file(name) {
    return path.join(this.dir, name);
  }

  authority(name) {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      this.file(`${name}.key`),
      '-out',
      this.file(`${name}.pem`),
    );
    return this.file(`${name}.pem`);
  }

  // {certificate, key}: files. `names` as openssl writes subjectAltName; `days` may be negative.
  issued({ cn, names, by = 'ca', days = 1 }) {
    const base = this.file(`leaf${++this.made}`);
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      `/CN=${cn}`,
      '-keyout',
      `${base}.key`,
      '-out',
      `${base}.csr`,
    );
    fs.writeFileSync(`${base}.ext`, names ? `subjectAltName=${names}\n` : '');
    openssl(
      'x509',
      '-req',
      '-in',
      `${base}.csr`,
      '-CA',
      this.file(`${by}.pem`),
      '-CAkey',
      this.file(`${by}.key`),
      '-set_serial',
      String(1000 + this.made),
      '-days',
      String(days),
      '-extfile',
      `${base}.ext`,
      '-out',
      `${base}.pem`,
    );
    return { certificate: `${base}.pem`, key: `${base}.key` };
  }

  // Over TLS, with a client's certificate or without: {status, headers, text}; rejects when the handshake fails.
  async ask(port, target, { client, key, body } = {}) {
    const identity = client ? { cert: fs.readFileSync(client.certificate), key: fs.readFileSync(client.key) } : {};
    const headers = {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
    };
    const request = https.request({
      host: '127.0.0.1',
      port,
      path: target,
      method: body ? 'POST' : 'GET',
      headers,
      agent: false,
      ca: fs.readFileSync(this.file('ca.pem')),
      ...identity,
    });
    request.end(body ? JSON.stringify(body) : undefined);
    const response = await new Promise((resolve, reject) => request.once('response', resolve).once('error', reject));
    return { status: response.statusCode, headers: response.headers, text: String(await readAll(response)) };
  }

  remove() {
    removeDir(this.dir);
  }
}
