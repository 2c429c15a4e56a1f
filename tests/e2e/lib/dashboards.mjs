// Every question that the dashboards and rules put to Prometheus, each with the place where it stands.
import fs from 'node:fs';
import path from 'node:path';
import { deployDir } from './prometheus.mjs';

const folder = path.join(deployDir, 'grafana', 'dashboards');
const readAll = () =>
  fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({
      name: path.basename(name, '.json'),
      ...JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')),
    }));

// As Grafana fills them in when all is chosen.
const chosen = { __rate_interval: '20s', __range: '60s', tenant: '.*', provider: '.*', model: '.*' };
const filled = (text) =>
  text.replace(/\$(\w+)/g, (_, name) => {
    if (!chosen[name]) throw new Error(`what is $${name}?`);
    return chosen[name];
  });

export const ofPanels = () =>
  readAll().flatMap(({ name, panels }) =>
    panels.flatMap(({ title, targets }) =>
      targets.map(({ refId, expr }) => ({ place: `${name}: ${title}: ${refId}`, expr: filled(expr) })),
    ),
  );

// What the variables of the dashboards are chosen from: {place, label, series}.
export const ofVariables = () =>
  readAll().flatMap(({ name, templating }) =>
    templating.list
      .filter(({ type }) => type === 'query')
      .map((variable) => {
        const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(variable.definition);
        return { place: `${name}: $${variable.name}`, label, series: filled(series) };
      }),
  );

const selector = /\b(?:wayleave|gen_ai|process|up)[\w:]*(?:\{[^}]*\})?/g;

// A recorded series must be there. An alert's expression is empty while all is well, but what it looks at is not.
export async function ofRules(prometheus) {
  const { groups } = await prometheus.api('rules');
  const rules = groups.flatMap((group) => group.rules);
  const sick = rules.filter(({ health }) => health !== 'ok').map(({ name, lastError }) => `${name}: ${lastError}`);
  const recorded = rules.filter(({ type }) => type === 'recording');
  const alerts = rules.filter(({ type }) => type === 'alerting');
  const looked = alerts.flatMap(({ name, query }) => [...query.matchAll(selector)].map(([expr]) => [name, expr]));
  const unique = new Map(looked.map(([name, expr]) => [`${name}: ${expr}`, expr]));
  return {
    sick,
    count: rules.length,
    questions: [
      ...recorded.map(({ name }) => ({ place: name, expr: name })),
      ...[...unique].map(([place, expr]) => ({ place, expr })),
    ],
  };
}

// place -> why it is empty in health, in this shape.
export function emptyInHealth(shape) {
  const list = JSON.parse(fs.readFileSync(path.join(deployDir, 'prometheus', 'empty_in_health.json'), 'utf8'));
  const here = list.filter((entry) => !entry.shape || entry.shape === shape);
  return new Map(here.flatMap(({ places, reason }) => places.map((place) => [place, reason])));
}
