// An issuer of JWTs with keys of its own, and every way to make a token that must not be believed.
import crypto from 'node:crypto';
import http from 'node:http';
import { json } from './upstream.mjs';
import { freePort } from './wait.mjs';

const encoded = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

const makers = {
  RS256: () => crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => crypto.generateKeyPairSync('ed25519'),
};
const signers = {
  RS256: (text, key) => crypto.sign('sha256', text, key),
  ES256: (text, key) => crypto.sign('sha256', text, { key, dsaEncoding: 'ieee-p1363' }),
  EdDSA: (text, key) => crypto.sign(null, text, key),
  HS256: (text, secret) => crypto.createHmac('sha256', secret).update(text).digest(),
  none: () => Buffer.alloc(0),
};

export class SigningKey {
  constructor(algorithm, kid) {
    Object.assign(this, { algorithm, kid, ...makers[algorithm]() });
  }

  get jwk() {
    return { ...this.publicKey.export({ format: 'jwk' }), kid: this.kid, alg: this.algorithm, use: 'sig' };
  }
}

export function signed(header, claims, algorithm, key) {
  const text = `${encoded(header)}.${encoded(claims)}`;
  return `${text}.${signers[algorithm](text, key).toString('base64url')}`;
}

export class Issuer {
  async start() {
    this.keys = ['RS256', 'ES256', 'EdDSA'].map((algorithm) => new SigningKey(algorithm, `${algorithm}-1`));
    this.server = http.createServer((_, res) => json(res, 200, { keys: this.keys.map(({ jwk }) => jwk) }));
    this.port = await freePort();
    await new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  // A configuration of auth.jwt.
  config(more = {}) {
    return { issuer: this.url, audience: 'wayleave', jwks_url: `${this.url}/keys`, tenant_claim: 'org', ...more };
  }

  key(algorithm = 'RS256') {
    return this.keys.find((key) => key.algorithm === algorithm);
  }

  claims(more = {}) {
    return { iss: this.url, aud: 'wayleave', sub: 'ada', org: 'research', iat: now(), exp: now() + 600, ...more };
  }

  token({ algorithm = 'RS256', key = this.key(algorithm), claims = {}, header = {} } = {}) {
    return signed(
      { alg: key.algorithm, kid: key.kid, typ: 'JWT', ...header },
      this.claims(claims),
      key.algorithm,
      key.privateKey,
    );
  }

  // Name -> token, none of which is good.
  attacks() {
    const rsa = this.key('RS256');
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
    const stranger = new SigningKey('RS256', rsa.kid);
    const kid = rsa.kid;
    const good = this.token().split('.');
    const other = this.token({ claims: { org: 'others' } }).split('.');
    return {
      'alg none': signed({ alg: 'none' }, this.claims(), 'none'),
      'alg None with a kid': signed({ alg: 'None', kid }, this.claims(), 'none'),
      'the public key as an HMAC secret': signed({ alg: 'HS256', kid }, this.claims(), 'HS256', pem),
      'the modulus as an HMAC secret': signed(
        { alg: 'HS256', kid },
        this.claims(),
        'HS256',
        Buffer.from(rsa.jwk.n, 'base64url'),
      ),
      "RS256 said to be ES256's": signed({ alg: 'ES256', kid }, this.claims(), 'RS256', rsa.privateKey),
      'another key under a known kid': this.token({ key: stranger }),
      'a key that it brings along': this.token({ key: stranger, header: { jwk: stranger.jwk } }),
      'a place where its key is': this.token({
        key: stranger,
        header: { jku: 'https://evil.example/keys', x5u: 'https://evil.example' },
      }),
      'an unknown kid': this.token({ header: { kid: 'nobody' } }),
      'a kid that is a path': this.token({ header: { kid: '../../../../dev/null' } }),
      'a critical extension': this.token({ header: { crit: ['x'], x: 1 } }),
      'another audience': this.token({ claims: { aud: 'somebody-else' } }),
      'no audience': this.token({ claims: { aud: undefined } }),
      'another issuer': this.token({ claims: { iss: 'https://evil.example' } }),
      expired: this.token({ claims: { exp: now() - 3600 } }),
      'no end': this.token({ claims: { exp: undefined } }),
      'not yet': this.token({ claims: { nbf: now() + 3600 } }),
      'no tenant': this.token({ claims: { org: undefined } }),
      'a tenant that is none': this.token({ claims: { org: '../research' } }),
      'two tenants': this.token({ claims: { org: ['research', 'others'] } }),
      'no user': this.token({ claims: { sub: undefined } }),
      'an exchanged payload': [good[0], other[1], good[2]].join('.'),
      'no signature': `${good[0]}.${good[1]}.`,
      'two parts': good.slice(0, 2).join('.'),
      'a signature with more behind it': `${good.join('.')}AAAA`,
      'claims twice': `${good[0]}.${encoded(`{"org":"others",${JSON.stringify(this.claims()).slice(1)}`)}.${good[2]}`,
      'a large one': this.token({ claims: { more: 'x'.repeat(20_000) } }),
    };
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}
