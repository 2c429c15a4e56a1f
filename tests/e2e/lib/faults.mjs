// What can go wrong with a target: the rows of the table in docs/resilience.md.
//
//   does     what the upstream does (upstream_faults.mjs)
//   at       instead, where no such server answers: the base_url, of a scene's places
//   asked    requests to the target until the gateway gives it up, the first one included
//   apart    at least so many ms lie between these
//   told     what the client is told if there is no other target: status, code, Retry-After
//   final    it is told that at once, whoever else there is
//   broken   instead, of a stream that has begun: the code of its one `response.failed`, and the text before it
//   reason   of wayleave_provider_errors_total, once for each request; left out where dialects differ
//   timeouts of the provider
import { halfText } from './upstream_faults.mjs';

const fails = (name, does, asked, told, reason, more) => ({ name, does, asked, told, reason, ...more });
const isFinal = { final: true };
const unreachable = (name, at, told, reason) => ({ name, at, asked: 2, told, reason });
const breaks = (name, does, text, reason, timeouts) => {
  const broken = { code: 'server_error', text };
  return { name, does, asked: 1, broken, reason, timeouts };
};

const limited = (wait) => ({ status: 429, code: 'rate_limit_exceeded', wait });
const refused = { status: 503, code: 'upstream_unreachable' };
const bad = { status: 400, code: 'invalid_prompt' };
const noKey = { status: 502, code: 'provider_authentication_failed' };
const noTls = { status: 502, code: 'upstream_tls_failed' };
const failed = { status: 502, code: 'upstream_error' };
const busy = { status: 503, code: 'upstream_unavailable' };
const closed = { status: 502, code: 'upstream_closed' };
const late = { status: 504, code: 'upstream_timeout' };
const said = { status: 502, code: 'server_error' };
const odd = { status: 502, code: 'upstream_bad_response' };

const soon = '400ms';
const noHead = { timeouts: { first_byte: soon } };
const noToken = { timeouts: { first_token: soon } };
const holds = { timeouts: { first_token: '1m' } }; // nothing is that late here, but what comes before is held back
const idleFirst = { timeouts: { first_token: '1m', idle: soon } };
const apart = { apart: 1000 };

export const faults = [
  fails('400', '400', 1, bad, 'status_4xx', isFinal),
  fails('401', '401', 1, noKey, 'status_4xx'),
  fails('403', '403', 1, noKey, 'status_4xx'),
  fails('429', '429', 2, limited('5'), 'status_429'),
  fails('429, Retry-After: 1', '429-1', 2, limited('1'), 'status_429', apart),
  fails('429, Retry-After: 60', '429-60', 1, limited('60'), 'status_429'),
  fails('429, its limit is reset in 1s', '429-reset', 2, limited('1'), 'status_429', apart),
  fails('500', '500', 2, failed, 'status_5xx'),
  fails('502', '502', 2, failed, 'status_5xx'),
  fails('503', '503', 2, busy, 'status_5xx'),
  fails('503, Retry-After: 1', '503-1', 2, { ...busy, wait: '1' }, 'status_5xx', apart),
  fails('503, Retry-After: 60', '503-60', 1, { ...busy, wait: '60' }, 'status_5xx'),
  unreachable('connection refused', ({ nobody }) => nobody, refused, 'refused'),
  unreachable('TLS before a server without it', ({ plain }) => plain, noTls, 'tls'),
  unreachable('an unknown certificate', ({ unknown }) => unknown, noTls, 'tls'),
  unreachable('no such host', ({ nowhere }) => nowhere, refused, 'resolve'),
  fails('reset before the head', 'reset', 2, closed, 'closed'),
  fails('reset after the head', 'head-reset', 2, said, 'closed'),
  fails('reset after the head, first_token', 'head-reset', 2, said, 'closed', holds),
  breaks('reset after the first event', 'text-reset', halfText, 'closed'),
  fails('silence before the head', 'quiet', 1, late, 'first_byte_timeout', noHead),
  fails('silence before the head, first_token', 'quiet', 1, late, 'first_token_timeout', noToken),
  fails('silence after the head', 'head-quiet', 1, late, 'idle_timeout', { timeouts: { idle: soon } }),
  fails('silence after the head, first_token', 'head-quiet', 1, late, 'first_token_timeout', noToken),
  fails('silence after the head, idle, first_token', 'head-quiet', 1, late, 'idle_timeout', idleFirst),
  breaks('silence after the first event', 'text-quiet', halfText, 'idle_timeout', { idle: soon }),
  fails('200, an error instead of a stream', 'error-document', 2, failed, 'not_a_stream'),
  fails('200, an error as first event', 'error-event', 2, said, 'told'),
  fails('200, an error as first event, first_token', 'error-event', 2, said, 'told', holds),
  fails('a page of HTML', 'html', 2, odd, 'not_a_stream'),
];

// Where the answer is wanted as one document.
const idle = { timeouts: { idle: soon } };
export const documentFaults = [
  fails('429, Retry-After: 60', '429-60', 1, limited('60'), 'status_429'),
  fails('500', '500', 2, failed, 'status_5xx'),
  fails('reset before the head', 'reset', 2, closed, 'closed'),
  fails('reset in the middle', 'text-reset', 2, said, 'closed'),
  fails('silence before the head', 'quiet', 1, late, 'first_byte_timeout', noHead),
  fails('silence in the middle', 'text-quiet', 1, late, 'idle_timeout', idle),
  fails('200, an error', 'error-document', 2, said),
  fails('a page of HTML', 'html', 2, odd),
];
