// What the scripted model patches, and what the files are then.
export const patch = [
  '*** Begin Patch',
  '*** Update File: hello.txt',
  '@@',
  '-hello from the shell',
  '+hello from the patch',
  '*** Add File: notes.txt',
  '+a "quoted" word, a \\ backslash, an ü and a 漢字',
  '*** End Patch',
].join('\n');
export const patchedFiles = {
  'hello.txt': 'hello from the patch\n',
  'notes.txt': 'a "quoted" word, a \\ backslash, an ü and a 漢字\n',
};
export const finalText = 'All done: hello.txt and notes.txt are in place.';
export const heredoc = `apply_patch <<'EOF'\n${patch}\nEOF`;
