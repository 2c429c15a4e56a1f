// The audit chain, computed anew from what is told of it.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';

const sized = (bytes) => Buffer.concat([numbered(bytes.length), bytes]);
function numbered(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

// Records from the first one on, without a hole.
export function assertChain(records) {
  let previous = Buffer.alloc(32);
  records.forEach(({ chain, sequence, body, hash }, n) => {
    assert.equal(sequence, n + 1, 'a hole in the chain');
    const text = [
      Buffer.from('wayleave audit record 1\n'),
      sized(Buffer.from(chain)),
      numbered(sequence),
      previous,
      sized(Buffer.from(body)),
    ];
    previous = crypto.createHash('sha256').update(Buffer.concat(text)).digest();
    assert.equal(hash, previous.toString('base64'), `the hash of record ${sequence}`);
  });
}
