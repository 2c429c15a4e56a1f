import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { check } from './lib/config_check.mjs';
import { build, readAll } from './lib/kustomize.mjs';
import { deploy, folder } from './lib/places.mjs';
import { problemsOf } from './lib/schemas.mjs';

const kubernetes = (...names) => deploy('kubernetes', ...names);
const overlays = fs.readdirSync(kubernetes('overlays'));
const secrets = readAll(kubernetes('secrets.example.yaml'));
const every = { base: build(kubernetes('base')), secrets };
for (const name of overlays) every[name] = build(kubernetes('overlays', name));

const of = (objects, kind) => objects.filter((object) => object.kind === kind);
const named = (object) => `${object.kind} ${object.metadata.name}`;
const labels = (component) => ({
  'app.kubernetes.io/name': 'wayleave',
  'app.kubernetes.io/component': component,
});
const podOf = (deployment) => deployment.spec.template.spec;
const matches = (selector, labels) => Object.entries(selector).every(([key, value]) => labels[key] === value);
const containersOf = (deployment) => [...(podOf(deployment).initContainers ?? []), ...podOf(deployment).containers];
const portsOf = (deployment) => podOf(deployment).containers.flatMap((container) => container.ports);
const selected = (objects, selector) =>
  of(objects, 'Deployment').filter((one) => matches(selector, one.spec.template.metadata.labels));

test('the checker finds what is wrong', () => {
  const [deployment] = of(build(kubernetes('base')), 'Deployment');
  assert.deepEqual(problemsOf(deployment), []);

  deployment.spec.template.spec.containers[0].comand = ['x'];
  deployment.spec.progressDeadlineSeconds = 'long';
  delete deployment.spec.selector;
  const problems = problemsOf(deployment).join('\n');

  for (const word of ['comand', 'progressDeadlineSeconds', 'selector']) assert.match(problems, new RegExp(word));
  assert.equal(problemsOf({ apiVersion: 'v1', kind: 'Nothing' }).length, 1);
});

for (const [name, objects] of Object.entries(every)) {
  test(`${name}: every object keeps to its schema`, () => {
    for (const object of objects) assert.deepEqual(problemsOf(object), [], named(object));
  });

  test(`${name}: every object is there once, in the namespace, with its labels`, () => {
    assert.equal(new Set(objects.map(named)).size, objects.length);
    for (const { kind, metadata } of objects.filter((object) => object.kind !== 'Namespace')) {
      assert.equal(metadata.namespace, 'wayleave', `${kind} ${metadata.name}`);
      if (kind !== 'Secret') assert.equal(metadata.labels['app.kubernetes.io/name'], 'wayleave', metadata.name);
    }
  });
}

for (const name of ['base', ...overlays]) {
  const objects = every[name];

  test(`${name}: the four services, each with a headless Service that finds it`, () => {
    const deployments = of(objects, 'Deployment').map((one) => one.metadata.name);
    assert.deepEqual(deployments.sort(), ['auth', 'gateway', 'provider', 'router']);
    for (const service of of(objects, 'Service')) {
      const [deployment, ...more] = selected(objects, service.spec.selector);
      assert.ok(deployment && more.length === 0, named(service));
      const ports = portsOf(deployment).map((port) => port.name);
      for (const { targetPort } of service.spec.ports) assert.ok(ports.includes(targetPort), named(service));
    }
    const headless = of(objects, 'Service').filter((one) => one.spec.clusterIP === 'None');
    assert.deepEqual(headless.map((one) => one.metadata.name).sort(), deployments);
  });

  test(`${name}: what keeps to the restricted standard of pod security`, () => {
    for (const deployment of of(objects, 'Deployment')) {
      const { securityContext } = podOf(deployment);
      assert.ok(securityContext.runAsNonRoot && securityContext.runAsUser > 0);
      assert.equal(securityContext.seccompProfile.type, 'RuntimeDefault');
      assert.equal(podOf(deployment).automountServiceAccountToken, false);
      for (const container of containersOf(deployment)) {
        const own = container.securityContext;
        assert.equal(own.allowPrivilegeEscalation, false);
        assert.equal(own.readOnlyRootFilesystem, true);
        assert.deepEqual(own.capabilities, { drop: ['ALL'] });
        assert.ok(container.resources.requests.cpu && container.resources.limits.memory, container.name);
      }
    }
  });

  test(`${name}: probes, mounts and references lead somewhere`, () => {
    const known = new Set([...objects, ...secrets].map(named));
    for (const deployment of of(objects, 'Deployment')) {
      const volumes = podOf(deployment).volumes;
      for (const volume of volumes) {
        if (volume.configMap) assert.ok(known.has(`ConfigMap ${volume.configMap.name}`), volume.name);
        if (volume.secret) assert.ok(known.has(`Secret ${volume.secret.secretName}`), volume.name);
      }
      assert.ok(known.has(`ServiceAccount ${podOf(deployment).serviceAccountName}`));
      for (const container of containersOf(deployment)) {
        for (const { name: mount } of container.volumeMounts)
          assert.ok(volumes.some((volume) => volume.name === mount), mount);
        for (const { secretRef } of container.envFrom ?? []) assert.ok(known.has(`Secret ${secretRef.name}`));
      }
      for (const container of podOf(deployment).containers)
        for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
          assert.ok(container.ports.some((port) => port.name === container[probe].httpGet.port), probe);
    }
  });

  test(`${name}: policies let through what the configuration calls, and only ports that are open`, () => {
    const config = parse(of(objects, 'ConfigMap')[0].data['wayleave.yaml']);
    const policies = of(objects, 'NetworkPolicy');
    const policy = (component) => policies.find((one) => one.metadata.name === component).spec;
    const arrows = [
      ...['auth', 'router', 'provider'].map((to) => ['gateway', to, config.gateway[to]]),
      ['router', 'provider', config.router.provider],
    ];
    for (const [from, to, address] of arrows) {
      const [host, port] = address.replace('dns:///', '').split(':');
      assert.equal(host, to);
        const lets = (rules, direction, other) =>
        rules.some(
          (rule) =>
            rule.ports.some((one) => one.port === Number(port)) &&
            (rule[direction] ?? []).some((peer) => matches(peer.podSelector.matchLabels, labels(other))),
        );
      assert.ok(lets(policy(from).egress, 'to', to), `${from} to ${to}`);
      assert.ok(lets(policy(to).ingress, 'from', from), `${to} from ${from}`);
    }
    for (const { spec } of policies.filter((one) => one.spec.ingress)) {
      const open = selected(objects, spec.podSelector.matchLabels).flatMap(portsOf);
      for (const { port } of spec.ingress.flatMap((rule) => rule.ports))
        assert.ok(open.some((one) => one.containerPort === port), `${port}`);
    }
  });

  test(`${name}: the configuration listens where the pods' ports are, and is right`, (t) => {
    const text = of(objects, 'ConfigMap')[0].data['wayleave.yaml'];
    const config = parse(text);
    for (const deployment of of(objects, 'Deployment')) {
      const own = config[deployment.metadata.name];
      const listens = [own.listen, own.admin, own.grpc].filter(Boolean).map((one) => Number(one.split(':').pop()));
      assert.deepEqual(listens.sort(), portsOf(deployment).map((port) => port.containerPort).sort());
    }
    const { ok, said } = check(t, text);
    assert.ok(ok, said);
  });

  test(`${name}: a pod is left the time that its drain takes`, () => {
    const config = parse(of(objects, 'ConfigMap')[0].data['wayleave.yaml']);
    const seconds = (text) => Number(/^(\d+)s$/.exec(text)[1]);
    for (const deployment of of(objects, 'Deployment')) {
      const gateway = deployment.metadata.name === 'gateway';
      const drain = seconds(gateway ? config.gateway.timeouts.drain : config.shutdown.grace);
      assert.ok(podOf(deployment).terminationGracePeriodSeconds > drain + seconds(config.shutdown.lame_duck));
    }
  });
}

test('the renderer refuses what it does not understand', (t) => {
  const here = folder(t);
  const write = (text) => fs.writeFileSync(path.join(here, 'kustomization.yaml'), text);
  fs.writeFileSync(path.join(here, 'patch.yaml'), 'kind: Deployment\nmetadata: {name: nobody}\n');

  write('helmCharts: []\n');
  assert.throws(() => build(here), /helmCharts is not understood/);
  write('patches: [{path: patch.yaml}]\n');
  assert.throws(() => build(here), /no Deployment nobody to patch/);
});

test('production scales every service, disturbs one pod at a time, and is watched', () => {
  const objects = every.production;
  for (const { metadata } of of(objects, 'Deployment')) {
    const scaler = of(objects, 'HorizontalPodAutoscaler').find((one) => one.spec.scaleTargetRef.name === metadata.name);
    assert.ok(scaler.spec.minReplicas >= 2, metadata.name);
    const budgets = of(objects, 'PodDisruptionBudget').filter((one) => one.metadata.name === metadata.name);
    assert.equal(selected(objects, budgets[0].spec.selector.matchLabels)[0].metadata.name, metadata.name);
  }
  const [monitor] = of(objects, 'ServiceMonitor');
  const [{ values }] = monitor.spec.selector.matchExpressions;
  for (const component of values) {
    const services = of(objects, 'Service').filter(
      (one) =>
        one.metadata.labels['app.kubernetes.io/component'] === component &&
        one.spec.ports.some((port) => port.name === monitor.spec.endpoints[0].port),
    );
    assert.equal(services.length, 1, `${component} is scraped once`);
  }
});

test('the operator is given the rules of deploy/prometheus/rules', () => {
  const rules = deploy('prometheus', 'rules');
  const files = fs.readdirSync(rules).filter((name) => name.endsWith('.yaml'));
  const groups = files.sort().flatMap((name) => parse(fs.readFileSync(path.join(rules, name), 'utf8')).groups);
  const [rule] = readAll(kubernetes('monitoring', 'prometheusrule.yaml'));
  assert.deepEqual(rule.spec.groups, groups, 'run deploy/kubernetes/monitoring/make-rules');
});
