// What the scripted model does for the official SDKs.
import { scripts } from './scripts.mjs';

export const helloText = 'Hello from the scripted model.';
export const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
export const person = { name: 'Ada Lovelace', age: 36 };
export const sums = ['5', '30'];
export const sumsText = `The sums are ${sums.join(' and ')}.`;

// Two calls at once, then what came back of them.
async function adds(turn) {
  const { answers } = turn.seen;
  turn.expect(turn.seen.declares('add'), 'the tool add is declared');
  if (answers.length === 0) {
    await turn.think('Two sums.');
    await turn.say('I add.');
    return turn.call([
      { id: 'call_add_0', name: 'add', arguments: { a: 2, b: 3 } },
      { id: 'call_add_1', name: 'add', arguments: { a: 10, b: 20 } },
    ]);
  }
  turn.expect(
    turn.seen.said.some((text) => text.includes('I add.')),
    "the assistant's own text came back",
  );
  await turn.say(`The sums are ${answers.map(({ text }) => text).join(' and ')}.`);
  await turn.finish('stop');
}

// Says a person as JSON, in pieces that break words; only if the schema of one has arrived.
async function describesPerson(turn) {
  const { schema } = turn.seen;
  turn.expect(schema?.properties?.name?.type === 'string', `the schema arrived: ${JSON.stringify(schema)}`);
  turn.expect(schema?.properties?.age?.type === 'integer' || schema?.properties?.age?.type === 'number', 'with an age');
  await turn.say(JSON.stringify(person));
  await turn.finish('stop');
}

async function greets(turn) {
  await turn.think('A greeting.');
  await turn.say(helloText);
  await turn.finish('stop');
}

async function looks(turn) {
  await turn.say(`I see ${turn.seen.images} image(s).`);
  await turn.finish('stop');
}

async function repeats(turn) {
  await turn.say(
    `System: ${turn.seen.system} User: ${turn.seen.users.join(' | ')} Said: ${turn.seen.said.join(' | ')}`,
  );
  await turn.finish('stop');
}

// Refuses a text of the user the first time that it hears it.
const heard = new Set();
async function recovers(turn) {
  const { asked } = turn.seen;
  if (!heard.has(asked)) {
    heard.add(asked);
    return turn.refuse('rate');
  }
  return greets(turn);
}

Object.assign(scripts, { greets, adds, 'describes-person': describesPerson, looks, repeats, recovers });
