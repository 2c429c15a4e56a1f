// A certificate that nobody vouches for: made anew for each run, signed by itself, good for a day.
import crypto from 'node:crypto';

const tagged = (tag, ...parts) => {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts) => tagged(0x30, ...parts);
const oid = (...bytes) => tagged(0x06, Buffer.from(bytes));
const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const commonName = oid(0x55, 0x04, 0x03);
const integer = (value) => tagged(0x02, Buffer.from([value]));
const time = (ms) => tagged(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '').slice(2)}`));
const bits = (bytes) => tagged(0x03, Buffer.from([0]), bytes);

export function selfSigned(name) {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const who = sequence(tagged(0x31, sequence(commonName, tagged(0x0c, Buffer.from(name)))));
  const day = 86_400_000;
  const validity = sequence(time(Date.now() - day), time(Date.now() + day));
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const signed = sequence(tagged(0xa0, integer(2)), integer(1), ecdsaWithSha256, who, validity, who, key);
  const whole = sequence(signed, ecdsaWithSha256, bits(crypto.sign('sha256', signed, privateKey)));
  const pem = whole.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: `-----BEGIN CERTIFICATE-----\n${pem}\n-----END CERTIFICATE-----\n`,
  };
}
