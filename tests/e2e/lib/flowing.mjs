// Streams in progress: many may be open at once, each of them known to the upstream by the text that it asks.
import { open, readSse, responsesBody, userMessage } from './http.mjs';
import { patience, until, within } from './wait.mjs';

// Starts a stream and resolves when text flows; `rest` delivers everything that came, `events` what has come so far.
export async function flowing(gateway, model, requestId) {
  const { response } = open(gateway.port, {
    method: 'POST',
    path: '/v1/responses',
    body: responsesBody(model, { stream: true, input: [userMessage(requestId)] }),
    key: gateway.key,
    headers: { 'x-request-id': requestId },
  });
  const answer = await within(response, patience, 'the head');
  const events = [];
  let saw;
  const text = new Promise((resolve) => (saw = resolve));
  const rest = (async () => {
    try {
      for await (const event of readSse(answer)) {
        events.push(event);
        if (/output_text\.delta/.test(event.text)) saw();
      }
      return { events, broken: undefined };
    } catch (broken) {
      return { events, broken };
    }
  })();
  await within(text, patience, `the first text of ${requestId}`);
  return { requestId, rest, events };
}

// Many of them at once.
export const flood = (gateway, model, ids) => Promise.all(ids.map((id) => flowing(gateway, model, id)));

export const endingOf = ({ requestId, rest }) => within(rest, patience, `the end of the stream ${requestId}`);

// That streams do not need the one that died.
export async function flowOn(streams) {
  const seen = streams.map(({ events }) => events.length);
  await until(() => streams.every(({ events }, n) => events.length > seen[n]), 'more text in each stream');
}

// What the upstream saw of a stream, found among `exchanges`, whatever its server's dialect. There is exactly one.
export function exchangeOf(exchanges, { requestId }) {
  const found = exchanges.filter(({ raw }) => raw.includes(`"${requestId}"`));
  if (found.length !== 1) throw new Error(`the model was asked ${found.length} times for ${requestId}`);
  return found[0];
}
