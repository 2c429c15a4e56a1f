// What a target gets while it is out, and what its clients see.
import { post, responsesBody } from './http.mjs';
import { textOf } from './responses_events.mjs';
import { goodText } from './upstream_faults.mjs';
import { sleep } from './wait.mjs';

// Openings of a circuit within `ms`, at most: each lasts twice as long as the last one, and chance takes a fifth off.
export function mostOpenings({ open, mostOpen }, ms) {
  let openings = 1;
  for (let at = 0, length = open; (at += 0.8 * length) <= ms; length = Math.min(2 * length, mostOpen)) openings++;
  return openings;
}

const brokenOff = (error) => ({ status: 'no answer', text: error.message });

// Clients that ask again and again, with a short pause. `stop()` resolves to {good, bad}: a number, and what came else.
export function load(gateway, model, clients) {
  const seen = { good: 0, bad: [] };
  let stopped = false;
  async function client() {
    while (!stopped) {
      const { status, text } = await post(gateway, '/v1/responses', responsesBody(model)).catch(brokenOff);
      const good = status === 200 && textOf(JSON.parse(text).output) === goodText;
      good ? seen.good++ : seen.bad.push(`${status} ${text}`);
      await sleep(5); // the clients' own pace
    }
  }
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    seen,
    async stop() {
      stopped = true;
      await all;
      return seen;
    },
  };
}
