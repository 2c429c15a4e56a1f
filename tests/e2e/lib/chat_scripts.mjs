export * from './scripts.mjs';
