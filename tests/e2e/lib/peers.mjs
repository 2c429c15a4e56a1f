// Who speaks TLS with the services, as a stranger or as one of them.
import fs from 'node:fs';
import http2 from 'node:http2';
import tls from 'node:tls';
import { within, patience } from './wait.mjs';

const pem = (file) => (file ? fs.readFileSync(file) : undefined);

// One health check over gRPC; the status that it got: 1 is SERVING. Rejects when it can't be asked.
// `identity`: {certificate, key}, files; without `ca` in the clear.
export async function checkHealth(port, { ca, identity = {} } = {}) {
  const secure = { ca: pem(ca), cert: pem(identity.certificate), key: pem(identity.key), servername: 'localhost' };
  const session = http2.connect(ca ? `https://127.0.0.1:${port}` : `http://127.0.0.1:${port}`, ca ? secure : {});
  try {
    return await within(ask(session), patience, 'the health check');
  } finally {
    session.destroy();
  }
}

function ask(session) {
  return new Promise((resolve, reject) => {
    session.once('error', reject);
    session.once('close', () => reject(new Error('the connection was closed')));
    const call = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.once('error', reject);
    call.on('data', (bytes) => resolve(bytes.at(-1)));
    call.once('end', () => reject(new Error('no answer')));
    call.end(Buffer.alloc(5)); // an empty message
  });
}

// The serial number of the certificate that is shown there.
export async function serialAt(port, { ca, identity }) {
  const socket = tls.connect({
    host: '127.0.0.1',
    port,
    ca: pem(ca),
    cert: pem(identity.certificate),
    key: pem(identity.key),
    servername: 'localhost',
    ALPNProtocols: ['h2'],
  });
  try {
    await within(
      new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject)),
      patience,
      'the handshake',
    );
    return socket.getPeerCertificate().serialNumber;
  } finally {
    socket.destroy();
  }
}
