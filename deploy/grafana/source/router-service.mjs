// Whether the router decides, from what it knows of models and of the providers' health.
import { lines, number, processPanels, quantile, rate } from './parts.mjs';

export default {
  title: 'router-service',
  description: 'Whether the router decides, from what it knows of models and of the providers’ health.',
  variables: ['provider'],
  panels: [
    number(
      'Models',
      'none',
      'max(wayleave_router_models)',
      'routing.md',
      'Models in the catalogue, configured and discovered.',
      { w: 6, limits: { least: 1 } },
    ),
    number(
      'Snapshot',
      'none',
      [['max by (instance) (wayleave_router_snapshot)', '{{instance}}']],
      'WayleaveConfigRefused',
      'Number of the snapshot in force. It counts changes of the configuration and of the providers’ models.',
      { w: 6 },
    ),
    number(
      'Configuration in force',
      'none',
      [['wayleave_config_last_reload_ok', '{{service}} {{instance}}']],
      'WayleaveConfigRefused',
      'Whether the file as it is now was taken over.',
      { w: 6, names: { 0: ['refused', 'red'], 1: ['in force', 'green'] } },
    ),
    number(
      'Circuits that are not closed',
      'none',
      'sum(wayleave_router_circuit_state > bool 0)',
      'WayleaveProviderDown',
      'Targets that are out, or being tried.',
      { w: 6, limits: [1] },
    ),
    lines(
      'Calls by answer',
      'reqps',
      [[rate('wayleave_router_requests_total', 'rpc, code'), '{{rpc}} {{code}}']],
      'WayleaveAvailabilityBurns',
      'Route is asked once for each new question; a gateway keeps decisions for some seconds.',
      { stack: true },
    ),
    lines(
      'Time to decide',
      's',
      [
        [quantile(0.5, 'wayleave_router_decision_seconds'), 'half'],
        [quantile(0.99, 'wayleave_router_decision_seconds'), '99 %'],
      ],
      'performance.md',
      'A decision is pure computation. Slow: the machine has no CPU left, or there are very many rules.',
    ),
    lines(
      'Decisions by rule',
      'reqps',
      [[rate('wayleave_router_decisions_total', 'rule'), '{{rule}}']],
      'routing.md',
      'Which kind of rule chose the target. none: refused.',
      { stack: true },
    ),
    lines(
      'Discovery',
      'cps',
      [[rate('wayleave_router_discovery_total{provider=~"$provider"}', 'provider, result'), '{{provider}} {{result}}']],
      'providers.md',
      'Providers asked for their models. failed: the last list stays in force.',
    ),
    lines(
      'Signs of life',
      'cps',
      [[rate('wayleave_router_probes_total{provider=~"$provider"}', 'provider, result'), '{{provider}} {{result}}']],
      'WayleaveProviderDown',
      'Asked while a circuit of the provider is open. alive after silence makes it half-open at once.',
    ),
    lines(
      'Circuits opened',
      'cps',
      [
        [
          rate('wayleave_router_circuit_openings_total{provider=~"$provider"}', 'provider, model'),
          '{{provider}}/{{model}}',
        ],
      ],
      'WayleaveProviderDown',
      'Failed trials included. Openings again and again: the target flaps.',
    ),
    ...processPanels('router'),
  ],
};
