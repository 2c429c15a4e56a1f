// Waiting without fixed sleeps: everything polls for its condition and has a deadline. A deadline is there to end a test
// that would wait for ever, not to measure: it is as long as a busy machine may need.
import dgram from 'node:dgram';
import net from 'node:net';

export const patience = 30_000;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The bound for a time that the product promises: a busy machine may take ten times as long. What is broken takes longer
// still, for it waits for some timer of seconds.
export const atMost = (promised) => 10 * promised;
export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

// The first truthy value of `probe`, asked again every few milliseconds. A probe that throws counts as
// "not yet"; its last error becomes part of the message when time is up.
export async function until(probe, what, ms = patience) {
  const deadline = Date.now() + ms;
  let problem = '';
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
    } catch (error) {
      problem = ` (${error.message})`;
    }
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain for ${what}${problem}`);
    await sleep(10);
  }
}

// `promise`, or an error when it takes longer than `ms`.
export async function within(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const canBind = (port) =>
  new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

// Holding the UDP port of the same number until this process ends tells other test processes that the port is taken,
// also before the program that it is for listens on it.
const claims = (port) =>
  new Promise((resolve) => {
    const claim = dgram.createSocket('udp4').unref();
    claim.once('error', () => resolve(false));
    claim.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
  });

// Below the range of ephemeral ports, so that no outgoing connection takes a port between this call and its use.
let next = 20_000 + (process.pid % 60) * 200;
export async function freePort() {
  for (let tries = 0; tries < 1_000; tries++) {
    if (next >= 32_500) next = 20_000;
    const port = next++;
    if ((await claims(port)) && (await canBind(port))) return port;
  }
  throw new Error('no free port between 20000 and 32500');
}
