// A client of the administration over HTTP (docs/admin.md).
import assert from 'node:assert/strict';
import { fetchAll } from './http.mjs';

const root = '/admin/v1';

export class Admin {
  constructor(port, key) {
    Object.assign(this, { port, key });
  }

  // {status, headers, text, json}
  call(method, path, body, headers = {}) {
    return fetchAll(this.port, { method, path: root + path, body, key: this.key, headers });
  }

  get(path) {
    return this.call('GET', path);
  }

  // The answer's object; an error if the call is refused.
  async does(method, path, body) {
    const answer = await this.call(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  async tells(path) {
    return this.does('GET', path);
  }

  // {secret, id}
  async makeKey(wanted) {
    const { key, secret } = await this.does('POST', '/keys', { name: 'a key', ...wanted });
    return { secret, id: key.id, key };
  }
}
