// What each part of the page shows of an answer of /admin/v1.

const kColours = 6; // and one more for the others

function tile(value, words, style = '') {
  return element('div', { class: 'tile' }, element('b', { class: style }, value), element('span', {}, words));
}

// Sums of the last `seconds`, without the step that is not over.
function latest(series, name, seconds) {
  const steps = Math.max(1, Math.round(seconds / series.step_seconds));
  return add(series[name].slice(-steps - 1, -1));
}

function showTiles(live) {
  const { series } = live;
  const each = Math.max(10, series.step_seconds);
  const requests = latest(series, 'requests', 60);
  const errors = latest(series, 'errors', 60);
  const share = requests ? (100 * errors) / requests : 0;
  show(
    'tiles',
    tile(number(live.in_flight), 'requests in progress'),
    tile(short(latest(series, 'requests', each) / each), 'requests a second'),
    tile(requests ? `${share.toFixed(share < 10 ? 1 : 0)} %` : '–', 'failed, last minute', share >= 5 ? 'bad' : ''),
    tile(short(latest(series, 'output_tokens', each) / each), 'output tokens a second'),
    tile(money(add(series.cost_nano_usd)), 'spent, ten minutes'),
  );
}

function showRates(live) {
  const { series } = live;
  const size = Math.max(1, 5 / series.step_seconds);
  const rate = (name) => grouped(series[name], size).map((sum) => sum / (size * series.step_seconds));
  const chart = (title, value, lines, text) => {
    const caption = element('figcaption', {}, `${title} `, element('b', {}, value));
    return element('figure', {}, caption, timeChart(`${title}: ${value} in the last ten minutes`, lines, text));
  };
  const cost = grouped(series.cost_nano_usd, 60 / series.step_seconds);
  show(
    'rates',
    element(
      'div',
      { class: 'charts' },
      chart(
        'Requests a second',
        `${number(add(series.requests))} in all`,
        [{ values: rate('requests'), style: 0 }],
        short,
      ),
      chart(
        'Errors a second',
        `${number(add(series.errors))} in all`,
        [{ values: rate('errors'), style: '-bad' }],
        short,
      ),
      chart(
        'Output tokens a second',
        `${number(add(series.output_tokens))} in all`,
        [{ values: rate('output_tokens'), style: 2 }],
        short,
      ),
      chart('Spend a minute', `${money(add(series.cost_nano_usd))} in all`, [{ values: cost, style: 1 }], money),
    ),
  );
}

const circuits = { closed: ['✓', 'good', 'well'], half_open: ['◐', 'warn', 'on trial'], open: ['✗', 'bad', 'out'] };

function showHealth(health) {
  const parts = health.parts.map(({ name, ready, detail }) =>
    element(
      'li',
      {},
      element('span', { class: ready ? 'good' : 'bad', 'aria-hidden': 'true' }, ready ? '✓' : '✗'),
      element('span', {}, name),
      element('span', { class: ready ? 'quiet' : 'bad' }, ready ? `ready ${detail}` : `away ${detail}`),
    ),
  );
  const rows = health.targets.map(({ provider, model, circuit, error, failures, wait_ms }) => {
    const [sign, style, words] = circuits[circuit] ?? circuits.closed;
    const why =
      circuit === 'closed' ? '' : ` after ${failures} (${error})${wait_ms > 0 ? `, again in ${age(wait_ms)}` : ''}`;
    return [`${provider}/${model}`, element('span', { class: style }, `${sign} ${words}${why}`)];
  });
  const waiting =
    health.unsettled > 0 ? `${number(health.unsettled)} in the journal, not yet at auth-service` : 'all settled';
  show(
    'health',
    element('ul', { class: 'parts' }, ...parts),
    element('p', { class: 'quiet small' }, `Usage records: ${waiting}.`),
    rows.length
      ? table('Targets', [['Target'], ['State', 'text']], rows)
      : quiet('Targets show up with their first request.'),
  );
}

function groupTable(id, caption, groups, none) {
  const rows = groups.map(({ name, minute, ten_minutes: all }) => [
    name,
    short(minute.requests / 60),
    number(all.requests),
    element('span', { class: all.errors ? 'bad' : '' }, number(all.errors)),
    number(all.output_tokens),
    money(all.cost_nano_usd),
  ]);
  const columns = [
    ['Name'],
    ['Per s', 'number'],
    ['Requests', 'number'],
    ['Errors', 'number'],
    ['Out tokens', 'number'],
    ['Cost', 'number'],
  ];
  show(id, rows.length ? table(caption, columns, rows) : quiet(none));
}

function showRequests(live) {
  const rows = live.requests.map((one) => [
    age(one.age_ms),
    one.phase,
    one.user ? `${one.tenant} / ${one.user}` : one.tenant,
    one.key_id,
    one.endpoint,
    one.model,
    one.target,
    number(one.output_tokens),
    one.request_id,
  ]);
  const columns = [
    ['Age'],
    ['Phase'],
    ['Tenant / user'],
    ['Key'],
    ['Endpoint'],
    ['Model'],
    ['Target'],
    ['Tokens', 'number'],
    ['Request'],
  ];
  const more =
    live.in_flight > rows.length
      ? `${number(live.in_flight)}, the longest ${rows.length} of them`
      : number(live.in_flight);
  $('in-flight').textContent = more;
  show('requests', rows.length ? table('Requests in progress', columns, rows) : quiet('None just now.'));
}

function showErrors(live) {
  const rows = live.errors.map((one) => [
    clock(one.at),
    one.tenant || '–',
    one.model || one.endpoint,
    one.target || '–',
    String(one.status),
    element('code', {}, one.code),
    one.message,
    one.request_id,
  ]);
  const columns = [
    ['Time'],
    ['Tenant'],
    ['Model'],
    ['Target'],
    ['Status', 'number'],
    ['Code'],
    ['What to do', 'text'],
    ['Request'],
  ];
  show('errors', rows.length ? table('Recent errors', columns, rows) : quiet('None since this gateway was started.'));
}

function showLive(live) {
  const about = live.tenant ? `, tenant ${live.tenant} alone` : '';
  $('who').textContent =
    `${live.instance}, version ${live.version}, up ${age(Date.parse(live.at) - Date.parse(live.started_at))}${about}`;
  $('empty').hidden = live.in_flight > 0 || add(live.series.requests) > 0;
  showTiles(live);
  showRates(live);
  groupTable('tenants', 'Tenants', live.tenants, 'None has asked for anything.');
  groupTable('targets', 'Targets', live.targets, live.tenant ? 'Not shown to a key of one tenant.' : 'None was asked.');
  showRequests(live);
  showErrors(live);
}

// The names of the last days in UTC, as the sums have them.
function lastDays(count, now = Date.now()) {
  return Array.from({ length: count }, (_, n) =>
    new Date(now - (count - 1 - n) * 86_400_000).toISOString().slice(0, 10),
  );
}

function showSpend(sums, days) {
  const spent = new Map();
  for (const {
    group: [tenant, day],
    cost_nano_usd: cost,
  } of sums) {
    if (!spent.has(tenant))
      spent.set(
        tenant,
        days.map(() => 0),
      );
    if (days.includes(day)) spent.get(tenant)[days.indexOf(day)] += cost;
  }
  const ranked = [...spent].filter(([, values]) => add(values) > 0).sort(([, a], [, b]) => add(b) - add(a));
  const parts = ranked.slice(0, kColours).map(([name, values], style) => ({ name, style, values }));
  const rest = ranked.slice(kColours).map(([, values]) => values);
  if (rest.length)
    parts.push({
      name: `${rest.length} others`,
      style: kColours,
      values: days.map((_, n) => add(rest.map((values) => values[n]))),
    });
  if (!parts.length)
    return show('spend', quiet('Nothing was spent. A target without an entry in `prices` costs nothing here.'));
  show('spend', columnChart('Spend by day and tenant', days, parts, money), legend(parts, money));
}

const periods = { MEASURE_DAY: 'today', MEASURE_MONTH: 'this month' };

function budget({ scope, name, measure, limit, soft, used, held }) {
  const most = limit ?? soft;
  const share = most > 0 ? used / most : 1;
  const style = limit !== undefined && share >= 1 ? 'fill-bad' : share >= 0.8 ? 'fill-warn' : 'fill0';
  const label = `${scope === 'user' ? 'user ' : ''}${name}, ${periods[measure] ?? measure}`;
  const values = `${money(used)} of ${money(most)}${limit === undefined ? ' (soft)' : ''}`;
  const bar = element('div', { class: 'bar', role: 'img', 'aria-label': `${label}: ${values}` });
  bar.append(slice(style, share), slice(`${style} held`, most > 0 ? held / most : 0));
  return element(
    'div',
    { class: 'budget' },
    element('p', {}, element('span', {}, label), element('span', { class: 'quiet' }, values)),
    bar,
  );
}

function showBudgets(standings) {
  const share = ({ limit, soft, used }) => used / Math.max(1, limit ?? soft);
  const tightest = [...standings].sort((a, b) => share(b) - share(a)).slice(0, 12);
  if (!tightest.length)
    return show('budgets', quiet('There are none. One is set by: wayleave tenant set NAME --monthly 500'));
  const more = standings.length > tightest.length ? quiet(`The tightest of ${standings.length}.`) : '';
  show('budgets', ...tightest.map(budget), more);
}
