// Codex's app-server, which its terminal program and its editors use, driven over stdio: a session whose turns can be
// started, interrupted and compacted one by one.
import { within, until } from './wait.mjs';

const client = { name: 'wayleave-e2e', title: 'Wayleave tests', version: '1' };

export class CodexApp {
  // `home`: a CodexHome.
  static async start(home, { key, thread = {}, args = [] }) {
    const app = new CodexApp();
    Object.assign(app, { waiting: new Map(), next: 1, notices: [], log: '', buffer: '' });
    app.child = home.spawn(['app-server', ...args], { key, stdin: 'pipe' });
    app.child.stdout.setEncoding('utf8').on('data', (text) => app.take(text));
    app.child.stderr.setEncoding('utf8').on('data', (text) => (app.log += text));
    app.ended = new Promise((resolve) => app.child.once('close', resolve));
    await app.ask('initialize', {
      clientInfo: client,
      capabilities: { experimentalApi: true, requestAttestation: false },
    });
    app.send({ method: 'initialized' });
    const settings = { cwd: home.cwd, approvalPolicy: 'never', sandbox: 'danger-full-access', ...thread };
    app.thread = (await app.ask('thread/start', settings)).thread.id;
    return app;
  }

  take(text) {
    this.buffer += text;
    const lines = this.buffer.split('\n');
    this.buffer = lines.pop();
    for (const line of lines.filter(Boolean)) this.receive(JSON.parse(line));
  }

  receive(message) {
    if (message.method !== undefined) return this.notices.push(message);
    const { resolve, reject } = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error) reject(new Error(JSON.stringify(message.error)));
    else resolve(message.result);
  }

  send(message) {
    this.child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  ask(method, params, ms = 60_000) {
    const id = this.next++;
    const answer = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.send({ id, method, params });
    return within(answer, ms, `${method} (${this.log.slice(-500)})`);
  }

  of(method, turn) {
    return this.notices.filter(
      (notice) => notice.method === method && (!turn || (notice.params.turnId ?? notice.params.turn?.id) === turn),
    );
  }

  async begin(text, more = {}) {
    const input = [{ type: 'text', text, text_elements: [] }];
    const { turn } = await this.ask('turn/start', { threadId: this.thread, input, ...more });
    return turn.id;
  }

  // {status, error, text, usage}: how a turn ended.
  async ending(turn, ms = 90_000) {
    await until(() => this.of('turn/completed', turn).length, `the end of turn ${turn}\n${this.log.slice(-800)}`, ms);
    const { status, error } = this.of('turn/completed', turn)[0].params.turn;
    const said = this.of('item/completed', turn)
      .map((notice) => notice.params.item)
      .filter((item) => item.type === 'agentMessage');
    const usage = this.of('thread/tokenUsage/updated', turn).at(-1)?.params.tokenUsage;
    return { status, error, text: said.at(-1)?.text, usage };
  }

  async turn(text, more) {
    return this.ending(await this.begin(text, more));
  }

  interrupt(turn) {
    return this.ask('turn/interrupt', { threadId: this.thread, turnId: turn });
  }

  // Compacts now; resolves when it is done or has failed.
  async compact() {
    const before = this.of('turn/completed').length;
    await this.ask('thread/compact/start', { threadId: this.thread });
    await until(() => this.of('turn/completed').length > before, `the compaction\n${this.log.slice(-800)}`, 90_000);
    return this.of('turn/completed').at(-1).params.turn;
  }

  async stop() {
    this.child.stdin.end();
    const timer = setTimeout(() => process.kill(-this.child.pid, 'SIGKILL'), 3_000);
    await this.ended;
    clearTimeout(timer);
  }
}
