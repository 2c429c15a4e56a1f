// How answers of servers end that have the whole Responses API but not all of its rules: what Codex cannot read, or drops
// without a word. Each is a reason to finish for a script (see scripts.mjs), in words that only `native` knows.
const completed = (phrase, more) => phrase.event('response.completed', { response: phrase.response('completed', more) });

const whole = (ending) => (phrase) => [...phrase.endMessage(), ending(phrase)];

const withUsage = (usage) => whole((phrase) => completed(phrase, { usage }));

const withoutId = whole((phrase) => {
  const { id, ...rest } = phrase.response('completed', { usage: phrase.usage });
  return phrase.event('response.completed', { response: rest });
});

// Arguments as an object, and no call id.
const oddCall = whole((phrase) => {
  const item = { id: 'fc_odd', type: 'function_call', status: 'completed', name: 'exec_command' };
  return phrase.done({ ...item, arguments: { cmd: 'echo odd-call' } }) + completed(phrase, { usage: phrase.usage });
});

const failed = (phrase) => {
  const error = { code: 500, message: 'CUDA out of memory' };
  return phrase.event('response.failed', { response: phrase.response('failed', { error }) });
};

export const nativeEndings = {
  'no-id': withoutId,
  'no-total': withUsage({ input_tokens: 1000, output_tokens: 20 }),
  'chat-usage': withUsage({ prompt_tokens: 1000, completion_tokens: 20, total_tokens: 1020 }),
  'bare-details': withUsage({
    input_tokens: 1000,
    input_tokens_details: {},
    output_tokens: 20,
    output_tokens_details: { reasoning_tokens: null },
    total_tokens: 1020,
  }),
  'no-response': whole((phrase) => phrase.event('response.completed', {})),
  'end-turn': whole((phrase) => completed(phrase, { end_turn: false, usage: phrase.usage })),
  'deltas-only': (phrase) => [completed(phrase, { usage: phrase.usage })],
  'number-code': whole(failed),
  'error-event': whole((phrase) => phrase.event('error', { code: 'server_error', message: 'CUDA out of memory' })),
  'odd-call': oddCall,
};
