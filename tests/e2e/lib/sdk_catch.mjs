import assert from 'node:assert/strict';

// The error that a promise ends with.
export async function caught(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'there was no error' });
}
