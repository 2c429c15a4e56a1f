// What the gateway does with its time, and what it has not been able to hand on.
import { lines, number, processPanels, quantile, rate } from './parts.mjs';

export default {
  title: 'gateway internals',
  description: 'What the gateway does with its time, and what it has not been able to hand on.',
  panels: [
    number(
      'Requests in progress',
      'none',
      'sum(wayleave_gateway_requests_in_flight)',
      'performance.md',
      'Requests being answered now, by all gateways.',
      { w: 6 },
    ),
    number(
      'Usage not settled',
      's',
      'max(wayleave_gateway_journal_settle_lag_seconds)',
      'WayleaveJournalLag',
      'Age of the oldest usage record that auth-service does not have.',
      { limits: [5, 30], w: 6 },
    ),
    number(
      'Records in the journal',
      'none',
      'sum(wayleave_gateway_journal_pending)',
      'WayleaveJournalLag',
      'Usage records that auth-service does not have: those of requests in progress, and those that wait.',
      { w: 6 },
    ),
    number(
      'Journal failures, 1 hour',
      'none',
      'sum(increase(wayleave_gateway_journal_errors_total{operation!="settle"}[1h]))',
      'WayleaveJournalFails',
      'Records that could not be written or were refused. Usage may not be charged.',
      { limits: [1], w: 6 },
    ),
    lines(
      'Answers by status',
      'reqps',
      [[rate('wayleave_gateway_requests_total', 'status'), '{{status}}']],
      'WayleaveAvailabilityBurns',
      'HTTP status of all answers; 499: the client left. An error in a stream that had begun is a 200 here.',
      { stack: true },
    ),
    lines(
      'What the gateway adds',
      's',
      [
        [quantile(0.5, 'wayleave_gateway_added_seconds'), 'half'],
        [quantile(0.99, 'wayleave_gateway_added_seconds'), '99 %'],
        [quantile(0.99, 'wayleave_gateway_overhead_seconds'), '99 %, before the provider is asked'],
      ],
      'WayleaveAddedLatencyBurns',
      'Time of a generation that is neither the provider nor the client. The objective is 50 ms for 99 %.',
      { limits: [0.05] },
    ),
    lines(
      'Phases',
      's',
      [[quantile(0.99, 'wayleave_gateway_phase_seconds{phase!~"first_byte|stream"}', 'phase'), '{{phase}}']],
      'WayleaveAddedLatencyBurns',
      '99 % of the generations went through each phase faster. authenticate and reserve ask auth, route asks the router, settle writes the journal.',
    ),
    lines(
      'Journal on disk',
      's',
      [
        [quantile(0.99, 'wayleave_gateway_journal_sync_seconds'), 'one sync, 99 %'],
        [quantile(0.99, 'wayleave_gateway_settle_seconds'), 'one call of Settle, 99 %'],
      ],
      'WayleaveJournalLag',
      'A slow sync is the disk, a slow Settle is auth-service or its database.',
    ),
    lines(
      'Journal',
      'bytes',
      [['sum by (instance) (wayleave_gateway_journal_bytes)', '{{instance}}']],
      'WayleaveJournalLag',
      'Size of the files of the journal. It must not fill the disk.',
    ),
    lines(
      'Calls to the other services',
      's',
      [
        [
          quantile(0.99, 'wayleave_rpc_client_seconds{service="gateway", rpc!~".*(Generate|Watch.*)"}', 'rpc'),
          '{{rpc}}',
        ],
      ],
      'WayleaveAddedLatencyBurns',
      '99 % of the calls were faster, repeats included. The hop is this without the time that the service tells for the same call.',
    ),
    lines(
      'Answers kept from other services',
      'percentunit',
      [
        [
          'sum by (cache) (rate(wayleave_gateway_cache_lookups_total{result="hit"}[$__rate_interval])) / sum by (cache) (rate(wayleave_gateway_cache_lookups_total[$__rate_interval]))',
          '{{cache}}',
        ],
      ],
      'performance.md',
      'Part of the questions that needed no call. Principals are 0 while auth-service can not be heard.',
      { max: 1 },
    ),
    lines(
      'Connections',
      'none',
      [
        ['sum by (listener) (wayleave_http_connections{service=~"gateway|wayleave"})', '{{listener}}'],
        ['sum by (listener) (wayleave_http_websockets{service=~"gateway|wayleave"})', '{{listener}} WebSockets'],
      ],
      'configuration.md',
      'Open connections of clients. gateway.limits.connections is the most.',
    ),
    lines(
      'Turned away',
      'reqps',
      [
        [
          rate('wayleave_http_connections_refused_total{service=~"gateway|wayleave"}', 'listener, reason'),
          '{{listener}} {{reason}}',
        ],
        [rate('wayleave_http_bad_requests_total{service=~"gateway|wayleave"}', 'listener'), '{{listener}} bad request'],
        [rate('wayleave_http_timeouts_total{service=~"gateway|wayleave"}', 'listener'), '{{listener}} too slow'],
      ],
      'configuration.md',
      'Connections and requests that ended before a handler saw them.',
    ),
    lines(
      'Dropped',
      'cps',
      [
        [rate('wayleave_log_lines_dropped_total', 'service'), 'log lines of {{service}}'],
        [rate('wayleave_gateway_outcome_reports_dropped_total'), 'reports to the router'],
        [rate('wayleave_gateway_conversations_forgotten_total'), 'conversations of WebSockets'],
      ],
      'metrics.md',
      'What was given up to keep serving. Log lines: their reader is too slow.',
    ),
    lines(
      'Through',
      'Bps',
      [
        [rate('wayleave_gateway_request_bytes_total'), 'requests'],
        [rate('wayleave_gateway_answer_bytes_total'), 'answers'],
      ],
      'performance.md',
      'Bytes of request bodies taken and of answers passed on.',
    ),
    ...processPanels('gateway'),
  ],
};
