// Looks for texts in files and answers byte by byte, also as hex, base64 or percent-encoded.
import fs from 'node:fs';
import path from 'node:path';

// A text within longer ones begins at any of three places of a group of base64.
function base64Forms(text) {
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]).toString('base64');
    const from = Math.ceil((before * 8) / 6) + (before ? 1 : 0);
    return whole.slice(from, whole.length - 4).replace(/=+$/, '');
  });
}

function formsOf(text) {
  const hex = Buffer.from(text).toString('hex');
  const url = base64Forms(text).map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [...new Set([text, hex, hex.toUpperCase(), encodeURIComponent(text), ...base64Forms(text), ...url])];
}

const filesUnder = (dir) =>
  fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));

// Bytes by the name of the place where they were found.
export class Places {
  found = new Map();

  add(place, bytes) {
    this.found.set(place, [...(this.found.get(place) ?? []), Buffer.from(bytes)]);
  }

  addFolder(place, dir) {
    for (const file of filesUnder(dir)) {
      try {
        this.add(place, fs.readFileSync(file));
      } catch (error) {
        if (error.code !== 'ENOENT') throw error; // it went away meanwhile
      }
    }
  }

  // Where the text is, in whatever form, with its surroundings: ["logs: ...abc..."].
  search(text) {
    return [...this.found].flatMap(([place, list]) =>
      list.flatMap((bytes) =>
        formsOf(text).flatMap((form) => {
          const at = bytes.indexOf(form);
          return at < 0 ? [] : [`${place}: …${bytes.toString('latin1', Math.max(0, at - 160), at + 80)}`];
        }),
      ),
    );
  }
}
