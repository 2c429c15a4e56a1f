// Who uses it, what it costs, and who is being refused.
import { lines, number, quantile, rate, table } from './parts.mjs';

const tenant = 'wayleave_tenant=~"$tenant"';
const target = 'provider=~"$provider", model=~"$model"';
const genAi = `${tenant}, gen_ai_provider_name=~"$provider", gen_ai_request_model=~"$model"`;
const cost = `wayleave_cost_usd_total{${tenant}, ${target}}`;

export default {
  title: 'tenants and money',
  description: 'Who uses it, what it costs, and who is being refused.',
  variables: ['tenant', 'provider', 'model'],
  panels: [
    number(
      'Cost',
      'currencyUSD',
      `sum(increase(${cost}[$__range]))`,
      'budgets.md',
      'US dollars charged in the time that is shown. `wayleave usage` has the exact sums.',
      { w: 6 },
    ),
    number(
      'Tokens',
      'short',
      `sum(increase(gen_ai_client_token_usage_tokens_sum{${genAi}}[$__range]))`,
      'metrics.md',
      'Input with what was cached, and output with reasoning, in the time that is shown.',
      { w: 6 },
    ),
    number(
      'Refused',
      'percentunit',
      `sum(rate(wayleave_gateway_tenant_requests_total{${tenant}, result="refused"}[$__range])) / sum(rate(wayleave_gateway_tenant_requests_total{${tenant}}[$__range]))`,
      'budgets.md',
      'Part of the requests that limits, budgets, policies or routes refused.',
      { limits: [0.05, 0.2], w: 6 },
    ),
    number(
      'Held for requests in progress',
      'currencyUSD',
      'sum(wayleave_auth_reserved_usd)',
      'budgets.md',
      'Upper bound of what the requests in progress can cost, of all tenants. It is given back or charged at their end.',
      { w: 6 },
    ),
    lines(
      'Cost by tenant',
      'currencyUSD',
      [[`sum by (wayleave_tenant) (rate(${cost}[$__rate_interval])) * 3600`, '{{wayleave_tenant}}']],
      'budgets.md',
      'US dollars an hour, as charged.',
      { stack: true, w: 12 },
    ),
    lines(
      'Cost by model',
      'currencyUSD',
      [[`sum by (provider, model) (rate(${cost}[$__rate_interval])) * 3600`, '{{provider}}/{{model}}']],
      'budgets.md',
      'US dollars an hour. A fallback to a dearer target shows here.',
      { stack: true, w: 12 },
    ),
    table(
      'Budgets',
      'percentunit',
      `max by (tenant, scope, name, period) (wayleave_auth_budget_used_ratio{tenant=~"$tenant"})`,
      'WayleaveBudgetNearEnd',
      'Used part of each budget in its day or month. At 100 % requests are refused, unless it is soft.',
      { limits: [0.7, 0.9] },
    ),
    table(
      'What is left',
      'currencyUSD',
      `min by (tenant, scope, name, period) (wayleave_auth_budget_left_usd{tenant=~"$tenant"})`,
      'WayleaveBudgetNearEnd',
      'US dollars left of each budget until its day or month ends.',
    ),
    lines(
      'Requests by tenant',
      'reqps',
      [[rate(`wayleave_gateway_tenant_requests_total{${tenant}}`, 'wayleave_tenant'), '{{wayleave_tenant}}']],
      'metrics.md',
      'Requests of authenticated callers, whatever became of them.',
      { stack: true },
    ),
    lines(
      'Not served, by tenant',
      'reqps',
      [
        [
          rate(
            `wayleave_gateway_tenant_requests_total{${tenant}, result=~"refused|failed"}`,
            'wayleave_tenant, result',
          ),
          '{{wayleave_tenant}} {{result}}',
        ],
      ],
      'WayleaveProviderFailing',
      'refused: by limits, budgets, policies or routes; failed: by a provider or by us.',
    ),
    lines(
      'Limits that were reached',
      'reqps',
      [[`${rate('wayleave_auth_limit_refusals_total', 'limit, scope')} > 0`, '{{limit}} of a {{scope}}']],
      'budgets.md',
      'Refusals by the limit or budget that was reached, of all tenants; `day` and `month` are budgets.',
    ),
    lines(
      'Tokens by type',
      'short',
      [[rate(`gen_ai_client_token_usage_tokens_sum{${genAi}}`, 'gen_ai_token_type'), '{{gen_ai_token_type}}']],
      'metrics.md',
      'Tokens a second: input with what was cached, output with reasoning.',
      { stack: true, w: 12 },
    ),
    lines(
      'Whole generations',
      's',
      [
        [quantile(0.5, `gen_ai_client_operation_duration_seconds{${genAi}}`), 'half'],
        [quantile(0.95, `gen_ai_client_operation_duration_seconds{${genAi}}`), '95 %'],
      ],
      'performance.md',
      'From a request to the last byte of its answer, as the client has it.',
      { w: 12 },
    ),
  ],
};
