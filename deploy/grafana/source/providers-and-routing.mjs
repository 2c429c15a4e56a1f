// Which provider is sick, where its requests go instead, and what that costs in time.
import { lines, quantile, rate, table } from './parts.mjs';

const provider = 'provider=~"$provider"';
const genAi = 'gen_ai_provider_name=~"$provider", gen_ai_request_model=~"$model"';
const circuits = { 0: ['closed', 'green'], 1: ['open', 'red'], 2: ['half-open', 'yellow'] };

export default {
  title: 'providers and routing',
  description: 'Which provider is sick, where its requests go instead, and what that costs in time.',
  variables: ['provider', 'model'],
  panels: [
    table(
      'Circuits',
      'none',
      `max by (provider, model) (wayleave_router_circuit_state{${provider}, model=~"$model"})`,
      'WayleaveProviderDown',
      'Open: the target is left alone for a while. Half-open: one request at a time tries it. Targets that were asked.',
      { names: circuits },
    ),
    lines(
      'Clients see failures',
      'percentunit',
      [[`wayleave:provider_failed:ratio_rate10m{${provider}}`, '{{provider}}']],
      'WayleaveProviderFailing',
      'Part of the generations that failed in the end, by the last provider that was asked.',
      { limits: [0.25], w: 12, max: 1 },
    ),
    lines(
      'Failures by reason',
      'reqps',
      [[`${rate(`wayleave_provider_errors_total{${provider}}`, 'provider, reason')} > 0`, '{{provider}} {{reason}}']],
      'resilience.md#what-happens-for-each-fault',
      'What went wrong with each provider, repeats included. status_429 and keys_cooling: its limits; status_4xx: our key, or the requests.',
      { stack: true },
    ),
    lines(
      'Outcomes, as the router hears them',
      'reqps',
      [[rate(`wayleave_router_outcomes_total{${provider}}`, 'provider, result'), '{{provider}} {{result}}']],
      'resilience.md#circuit-breakers',
      'From these the circuits open and close. Several routers each hear all.',
    ),
    lines(
      'Repeated, and gone on to another target',
      'reqps',
      [
        [rate(`wayleave_gateway_retries_total{${provider}}`, 'provider'), '{{provider}} again'],
        [rate(`wayleave_gateway_fallbacks_total{${provider}}`, 'provider'), '{{provider}} left'],
      ],
      'WayleaveFallbackStorm',
      'By the provider that failed. Clients notice only the time.',
    ),
    lines(
      'Time to the first token',
      's',
      [
        [
          quantile(
            0.95,
            `gen_ai_server_time_to_first_token_seconds{${genAi}}`,
            'gen_ai_provider_name, gen_ai_request_model',
          ),
          '{{gen_ai_provider_name}}/{{gen_ai_request_model}}',
        ],
      ],
      'WayleaveFirstTokenBurns',
      '95 % of the streams of each target had it earlier.',
      { limits: [5] },
    ),
    lines(
      'Time for each further token',
      's',
      [
        [
          quantile(
            0.5,
            `gen_ai_server_time_per_output_token_seconds{${genAi}}`,
            'gen_ai_provider_name, gen_ai_request_model',
          ),
          '{{gen_ai_provider_name}}/{{gen_ai_request_model}}',
        ],
      ],
      'performance.md',
      'Half of the streams of each target were faster. 0.05 s are 20 tokens a second.',
    ),
    lines(
      'In progress at each target',
      'none',
      [
        [
          `sum by (provider, model) (wayleave_gateway_target_requests_in_flight{${provider}, model=~"$model"})`,
          '{{provider}}/{{model}}',
        ],
        [`sum by (provider) (wayleave_provider_queued{${provider}})`, '{{provider}} waiting'],
      ],
      'providers.md',
      'Requests that run or wait for a place. Rising without more traffic: the target has become slow.',
      { stack: true },
    ),
    lines(
      'Decisions by rule',
      'reqps',
      [[rate('wayleave_router_decisions_total', 'rule'), '{{rule}}']],
      'routing.md',
      'Which kind of rule chose the target. none: refused. `wayleave route explain` tells of one request.',
      { stack: true, w: 12 },
    ),
    lines(
      'No target left',
      'reqps',
      [
        [rate('wayleave_router_no_healthy_target_total'), 'every circuit open'],
        [rate('wayleave_gateway_retry_budget_exhausted_total'), 'not repeated: a fifth of the traffic is repeats'],
        [rate('wayleave_gateway_continued_total{result="failed"}'), 'broke off and not carried on'],
      ],
      'WayleaveProviderDown',
      'Where the other targets did not help. The first are 503 no_healthy_target for the client.',
      { w: 12 },
    ),
  ],
};
