// What is around the panels of a dashboard: its variables, its links, and the place of each panel.
import { datasource, link } from './parts.mjs';

const variable = (name, label, more) => ({ name, label, ...more });
const listed = (name, label, query) =>
  variable(name, label, {
    type: 'query',
    datasource,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: ['All'], value: ['$__all'] },
    options: [],
  });

const selectable = {
  tenant: listed('tenant', 'Tenant', 'label_values(wayleave_gateway_tenant_requests_total, wayleave_tenant)'),
  provider: listed('provider', 'Provider', 'label_values(wayleave_provider_requests_total, provider)'),
  model: listed(
    'model',
    'Model',
    'label_values(gen_ai_client_operation_duration_seconds_count{gen_ai_provider_name=~"$provider"}, gen_ai_request_model)',
  ),
};

const always = (docs) => [
  variable('datasource', 'Data source', { type: 'datasource', query: 'prometheus', refresh: 1, options: [] }),
  variable('docs', 'Documents', {
    type: 'textbox',
    description: 'Where docs/ of this version can be read; panels link to its pages.',
    query: docs,
    current: { text: docs, value: docs },
    options: [{ text: docs, value: docs, selected: true }],
  }),
];

// Panels stand beside each other as far as the width of 24 reaches.
function placed(panels) {
  let [x, y, row] = [0, 0, 0];
  return panels.map((one, n) => {
    const { w, h } = one.gridPos;
    if (x + w > 24) [x, y, row] = [0, y + row, 0];
    const at = { ...one, id: n + 1, gridPos: { w, h, x, y } };
    [x, row] = [x + w, Math.max(row, h)];
    return at;
  });
}

// `variables`: which of tenant, provider and model can be chosen.
export const dashboard = (docs, { name, title, description, variables = [], panels }) => ({
  uid: `wayleave-${name}`,
  title: `Wayleave: ${title}`,
  description,
  tags: ['wayleave'],
  schemaVersion: 39,
  editable: false,
  graphTooltip: 1,
  refresh: '30s',
  timezone: 'browser',
  time: { from: 'now-3h', to: 'now' },
  links: [
    {
      ...link('Wayleave', ''),
      type: 'dashboards',
      icon: 'external link',
      tags: ['wayleave'],
      asDropdown: true,
      targetBlank: false,
      keepTime: true,
    },
  ],
  annotations: { list: [] },
  templating: { list: [...always(docs), ...variables.map((name) => selectable[name])] },
  panels: placed(panels),
});
