// Answers of /admin/v1 as a company's gateway may give them on a weekday, the same each time: for the picture in the
// documentation, and, with other names, for what a page must not take for markup.

// A number from 0 to 1 that depends on the seed alone.
const chance = (seed) => {
  const x = Math.sin(seed * 127.1 + 11.7) * 43758.5453;
  return x - Math.floor(x);
};
const range = (count, make) => Array.from({ length: count }, (_, n) => make(n));
const usd = (amount) => Math.round(amount * 1e9);
const names = { tenants: ['research', 'platform', 'support', 'mobile', 'data', 'intern'], users: ['ann', 'bo', 'chi'] };

const counts = (requests, errors, cost) => ({
  requests,
  errors,
  input_tokens: requests * 5200,
  output_tokens: requests * 410,
  cost_nano_usd: usd(cost),
});
const group = (name, requests, errors, cost) => ({
  name,
  minute: counts(Math.round(requests / 9), Math.round(errors / 9), cost / 9),
  ten_minutes: counts(requests, errors, cost),
});

function series() {
  const requests = range(600, (n) => Math.round(2 + 2 * Math.sin(n / 70) + 3 * chance(n)));
  const errors = range(600, (n) => (n > 290 && n < 330 && chance(n + 9) > 0.6 ? 1 : chance(n + 5) > 0.995 ? 1 : 0));
  const cost = requests.map((count, n) => usd(count * (0.004 + 0.004 * chance(n + 3))));
  return {
    step_seconds: 1,
    requests,
    errors,
    input_tokens: requests.map((count) => count * 5200),
    output_tokens: requests.map((count, n) => Math.round(count * (300 + 200 * chance(n + 1)))),
    cost_nano_usd: cost,
  };
}

function live(now, tenants, users, evil) {
  const at = (seconds) => new Date(now - seconds * 1000).toISOString();
  const targets = ['anthropic/claude-sonnet', 'openai/gpt-5', 'local/qwen3-coder'];
  const phases = ['answering', 'answering', 'answering', 'waiting', 'answering', 'admitting'];
  const requests = range(6, (n) => ({
    request_id: `req_${(0x7f3a9c + n * 977).toString(36)}`,
    tenant: tenants[n % tenants.length],
    user: users[n % users.length],
    key_id: `key_${(0x3f9a01c2 + n * 77777).toString(16)}`,
    endpoint: n % 3 === 2 ? 'messages' : 'responses',
    model: evil ?? ['claude-sonnet', 'gpt-5', 'fast'][n % 3],
    target: phases[n] === 'admitting' ? '' : targets[n % 3],
    phase: phases[n],
    age_ms: Math.round(64_000 / (n + 1) ** 1.6),
    output_tokens: phases[n] === 'answering' ? Math.round(2900 / (n + 1)) : 0,
    stream: true,
  }));
  const error = (seconds, n, status, code, target, message) => ({
    at: at(seconds),
    request_id: `req_${(0x5d2b11 + n * 6151).toString(36)}`,
    tenant: tenants[n % tenants.length],
    key_id: 'key_3f9a01c2',
    endpoint: 'responses',
    model: evil ?? ['fast', 'gpt-5', 'claude-sonnet'][n % 3],
    target,
    status,
    code: evil ?? code,
    message: evil ?? message,
  });
  return {
    at: at(0),
    instance: evil ?? 'gateway-1/2417',
    version: '0.6.0',
    started_at: at(4 * 86_400 + 5000),
    tenant: '',
    in_flight: requests.length,
    requests,
    series: series(),
    tenants: tenants.map((name, n) =>
      group(name, Math.round(840 / (n + 1)), [14, 3, 0, 2, 0, 0][n] ?? 0, 6.2 / (n + 1) ** 1.4),
    ),
    targets: [evil ?? targets[0], targets[1], targets[2]].map((name, n) =>
      group(name, [910, 720, 240][n], [2, 1, 16][n], [7.9, 4.1, 0][n]),
    ),
    codes: [group(evil ?? 'upstream_timeout', 16, 16, 0)],
    errors: [
      error(
        41,
        1,
        429,
        'rate_limit_exceeded',
        '',
        "A limit was reached, ours or the provider's: the client may come again after retry-after.",
      ),
      error(
        292,
        0,
        504,
        'upstream_timeout',
        targets[2],
        'The provider did not answer in time: see its timeouts in the configuration.',
      ),
      error(
        297,
        0,
        504,
        'upstream_timeout',
        targets[2],
        'The provider did not answer in time: see its timeouts in the configuration.',
      ),
      error(
        420,
        3,
        404,
        'model_not_found',
        '',
        'No route has this model for this key: `wayleave route explain --model` says why.',
      ),
    ],
  };
}

const part = (name, detail) => ({ name, ready: true, detail });

function health(now, evil) {
  return {
    at: new Date(now).toISOString(),
    instance: 'gateway-1/2417',
    version: '0.6.0',
    parts: [
      part('gateway', 'serves this page'),
      part('auth', 'at auth.corp:8791'),
      part('database', 'behind auth-service'),
      part('router', 'at router.corp:8792'),
      part('provider', evil ?? 'at provider.corp:8793'),
    ],
    targets: [
      {
        provider: 'local',
        model: evil ?? 'qwen3-coder',
        circuit: 'half_open',
        error: evil ?? 'timeout',
        failures: 5,
        wait_ms: 0,
      },
      { provider: 'anthropic', model: 'claude-sonnet', circuit: 'closed', error: '', failures: 0, wait_ms: 0 },
      { provider: 'openai', model: 'gpt-5', circuit: 'closed', error: '', failures: 0, wait_ms: 0 },
    ],
    unsettled: 3,
  };
}

function sums(now, tenants) {
  return range(14, (n) => new Date(now - n * 86_400_000)).flatMap((date, day) =>
    tenants.map((tenant, n) => ({
      group: [tenant, date.toISOString().slice(0, 10)],
      requests: 900,
      failed: 4,
      input_tokens: 1,
      cached_input_tokens: 0,
      output_tokens: 1,
      reasoning_tokens: 0,
      cost_nano_usd: usd(
        ((day === 0 ? 0.6 : [0, 6].includes(date.getUTCDay()) ? 0.25 : 1) * (60 + 50 * chance(day * 7 + n))) / (n + 1),
      ),
    })),
  );
}

const standing = (scope, name, measure, limit, share) => ({
  scope,
  name,
  measure,
  limit: usd(limit),
  used: usd(limit * share),
  held: usd(limit * 0.02),
  resets_at: '2026-12-01T00:00:00Z',
});

// `evil` stands in every place that others may fill.
export function statusSample(now, evil) {
  const tenants = evil ? names.tenants.map((name, n) => `${evil}${n}`) : names.tenants;
  const users = evil ? [evil] : names.users;
  return {
    live: live(now, tenants, users, evil),
    health: health(now, evil),
    usage: { sums: sums(now, tenants), cut: false },
    budgets: {
      standings: [
        standing('tenant', tenants[0], 'MEASURE_MONTH', 2500, 0.87),
        standing('tenant', tenants[1], 'MEASURE_MONTH', 1500, 0.52),
        standing('user', users[0], 'MEASURE_DAY', 25, 1),
        standing('tenant', tenants[2], 'MEASURE_MONTH', 800, 0.41),
        standing('key', 'key_3f9a01c2', 'MEASURE_DAY', 10, 0.12),
      ],
    },
  };
}
