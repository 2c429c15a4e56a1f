// A fleet whose services may run more than once, and how the load is spread over them. The processes are known by names:
// the second provider-service is `provider2`. All replicas of a service read the same section.
import assert from 'node:assert/strict';
import { freePort, until } from './wait.mjs';

const services = ['auth', 'provider', 'router', 'gateway'];

// In the order of their start. `replicas`: how many there are of a service, one if it does not say.
export const membersOf = (replicas = {}) =>
  services.flatMap((service) =>
    Array.from({ length: replicas[service] ?? 1 }, (_, n) => (n === 0 ? service : `${service}${n + 1}`)),
  );
export const serviceOf = (member) => member.replace(/\d+$/, '');

// `network`: as lib/netns.mjs makes one; without it all is on loopback.
export async function addresses(members, network) {
  const address = async (name) => `${network?.host(name) ?? '127.0.0.1'}:${await freePort()}`;
  const result = {};
  for (const name of members) result[name] = { listen: await address(name), admin: await address(name) };
  result.gateway.grpc = await address('gateway');
  return result;
}

// gRPC's name of all replicas of a service.
function targetOf(at, service) {
  const listens = Object.keys(at).filter((name) => serviceOf(name) === service).map((name) => at[name].listen);
  return listens.length === 1 ? listens[0] : `ipv4:${listens.join(',')}`;
}

export function sectionsFor(at, stateDir) {
  const [auth, router, provider] = ['auth', 'router', 'provider'].map((service) => targetOf(at, service));
  return {
    gateway: { ...at.gateway, auth, router, provider },
    auth: { ...at.auth, state_dir: stateDir },
    router: { ...at.router, provider },
    provider: at.provider,
  };
}

const took = {
  provider: ['wayleave_provider_requests_total', {}],
  router: ['wayleave_router_requests_total', { rpc: 'Route' }],
};
const sum = (list) => list.reduce((total, value) => total + value, 0);
// What each replica has taken so far: generations that ended, or decisions.
async function taken(gateway) {
  const count = (service) =>
    Promise.all(gateway.replicas(service).map((member) => gateway.metric(member, ...took[service])));
  return { provider: await count('provider'), router: await count('router') };
}

// How many requests each replica took of those that `work` sends; it resolves to their number. {provider, router}
export async function shares(gateway, work) {
  const before = await taken(gateway);
  const sent = await work();
  const since = (now, service) => now[service].map((count, n) => count - before[service][n]);
  return until(async () => {
    const now = await taken(gateway);
    const parts = { provider: since(now, 'provider'), router: since(now, 'router') };
    return sum(parts.provider) >= sent && sum(parts.router) >= sent && parts;
  }, `the replicas to have taken ${sent} requests`);
}

// Each request went to one replica, and no replica got more than its part.
export function assertSpread(parts, sent) {
  for (const [service, list] of Object.entries(parts)) {
    assert.equal(sum(list), sent, `${sent} requests, and ${service} took ${list}`);
    assertEven(list, `the load of ${service}`);
  }
}

export function assertEven(parts, what) {
  const even = sum(parts) / parts.length;
  for (const part of parts) assert.ok(Math.abs(part - even) <= even / 10, `${what} is spread unevenly: ${parts}`);
}

// Sends requests until a replica that was away has taken one.
export function takesLoad(gateway, member, ask) {
  const service = serviceOf(member);
  const count = () => gateway.metric(member, ...took[service]);
  return until(async () => {
    await ask();
    return (await count()) > 0;
  }, `${member} to take a request`);
}
