// What the scripted model does in the cases that only Codex knows (see codex_cases.mjs).
export const codexScripts = {};
