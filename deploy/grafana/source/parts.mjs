// What a dashboard shows: panels with a question, a unit, a description and a page to read on.
export const datasource = { type: 'prometheus', uid: '${datasource}' };

export const link = (title, url) => ({
  title,
  type: 'link',
  icon: 'doc',
  tooltip: '',
  url,
  tags: [],
  asDropdown: false,
  targetBlank: true,
  includeVars: false,
  keepTime: false,
});

// `page`: an alert's name, or a page of docs/ with or without an anchor.
const pageLink = (page) =>
  page.startsWith('Wayleave')
    ? link(`Runbook: ${page}`, `\${docs}/runbooks/${page}.md`)
    : link('Read on', `\${docs}/${page}`);

// [[expression, legend], …], or one expression.
const targets = (queries, more) =>
  (Array.isArray(queries) ? queries : [[queries, '']]).map(([expr, legendFormat], n) => ({
    datasource,
    refId: String.fromCharCode(65 + n),
    expr,
    legendFormat: legendFormat || '__auto',
    editorMode: 'code',
    ...more,
  }));

// [red]: from there on it is bad; [yellow, red]; or {least: value}, below which it is.
function thresholds(limits) {
  if (!limits) return { mode: 'absolute', steps: [{ value: null, color: 'green' }] };
  const steps =
    limits.least !== undefined
      ? [
          [null, 'red'],
          [limits.least, 'green'],
        ]
      : [[null, 'green'], ...limits.map((value, n) => [value, n === limits.length - 1 ? 'red' : 'yellow'])];
  return { mode: 'absolute', steps: steps.map(([value, color]) => ({ value, color })) };
}

const mappings = (names) =>
  names
    ? [
        {
          type: 'value',
          options: Object.fromEntries(
            Object.entries(names).map(([value, [text, color]], index) => [value, { text, color, index }]),
          ),
        },
      ]
    : [];

function panel(type, [title, unit, queries, page, description], { limits, names, w, h, ...defaults }, rest) {
  const { custom, options, query } = rest;
  return {
    type,
    title,
    description,
    datasource,
    links: [pageLink(page)],
    gridPos: { w, h, x: 0, y: 0 },
    targets: targets(queries, query),
    fieldConfig: {
      defaults: {
        unit,
        thresholds: thresholds(limits),
        mappings: mappings(names),
        ...defaults,
        ...(custom && { custom }),
      },
      overrides: [],
    },
    options,
    ...(rest.transformations && { transformations: rest.transformations }),
  };
}

// Lines over time.
export const lines = (title, unit, queries, page, description, { stack, w = 8, h = 7, min = 0, ...more } = {}) =>
  panel(
    'timeseries',
    [title, unit, queries, page, description],
    { w, h, min, color: { mode: 'palette-classic' }, ...more },
    {
      query: { range: true, instant: false },
      custom: {
        drawStyle: 'line',
        lineWidth: 1,
        fillOpacity: stack ? 30 : 8,
        showPoints: 'never',
        spanNulls: false,
        stacking: { mode: stack ? 'normal' : 'none', group: 'A' },
        thresholdsStyle: { mode: more.limits ? 'dashed' : 'off' },
      },
      options: {
        legend: { displayMode: 'table', placement: 'bottom', showLegend: true, calcs: ['lastNotNull', 'max'] },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
    },
  );

// One number, or a few, as they are now. Series that are not there yet are 0.
export const number = (title, unit, queries, page, description, { w = 4, h = 4, ...more } = {}) =>
  panel(
    'stat',
    [title, unit, queries, page, description],
    { w, h, color: { mode: 'thresholds' }, noValue: '0', ...more },
    {
      query: { range: false, instant: true },
      options: {
        graphMode: 'none',
        colorMode: 'background',
        justifyMode: 'auto',
        textMode: 'auto',
        wideLayout: true,
        showPercentChange: false,
        percentChangeColorMode: 'standard',
        orientation: 'auto',
        reduceOptions: { values: false, calcs: ['lastNotNull'], fields: '' },
      },
    },
  );

// A row for each series, as it is now; the largest first.
export const table = (title, unit, queries, page, description, { w = 12, h = 7, ...more } = {}) =>
  panel(
    'table',
    [title, unit, queries, page, description],
    { w, h, color: { mode: 'thresholds' }, ...more },
    {
      query: { range: false, instant: true, format: 'table' },
      custom: { align: 'auto', inspect: false, cellOptions: { type: 'color-text' } },
      options: { frameIndex: 0, showHeader: true, cellHeight: 'sm', sortBy: [{ displayName: 'Value', desc: true }] },
      transformations: [
        { id: 'organize', options: { excludeByName: { Time: true }, indexByName: {}, renameByName: {} } },
      ],
    },
  );

// Quantiles of a histogram, over `by` if it says so.
export const quantile = (q, histogram, by = '') => {
  const [name, labels = ''] = histogram.split(/(?=\{)/);
  return `histogram_quantile(${q}, sum by (le${by && `, ${by}`}) (rate(${name}_bucket${labels}[$__rate_interval])))`;
};
export const rate = (counter, by = '') => `sum${by && ` by (${by})`} (rate(${counter}[$__rate_interval]))`;

// What every process tells of itself; in one process all services share it.
export const processPanels = (service) => {
  const of = (name) => `${name}{job="wayleave", service=~"${service}|wayleave"}`;
  return [
    lines(
      'CPU',
      'percentunit',
      [[`rate(${of('process_cpu_seconds_total')}[$__rate_interval])`, '{{instance}}']],
      'performance.md',
      'Cores in use. A process has as many workers as the machine has CPUs.',
      { w: 8 },
    ),
    lines(
      'Memory',
      'bytes',
      [[of('process_resident_memory_bytes'), '{{instance}}']],
      'performance.md',
      'Resident memory. It follows the streams in progress, and should come back with them.',
      { w: 8 },
    ),
    lines(
      'File descriptors',
      'percentunit',
      [[`${of('process_open_fds')} / ${of('process_max_fds')}`, '{{instance}}']],
      'WayleaveDescriptorsNearEnd',
      'Used part of the descriptors that the process may open. At 100 % nobody can connect.',
      { limits: [0.8], w: 8, max: 1 },
    ),
  ];
};
