// Paths in git are byte strings, which need not be valid UTF-8. The bridge keeps each path with one character per byte (Latin-1), so
// that no path changes between two git commands. People, agents and the control plane get the display form.

/** Longest UTF-8 character, bytes. */
const MAX_CHARACTER_BYTES = 4;

declare const gitPathBrand: unique symbol;

/** Path relative to the root of the work tree, with one character per byte. */
export type GitPath = string & { readonly [gitPathBrand]: true };

/** Returns whether a text is a path with one character per byte. */
export function isGitPath(text: string): text is GitPath {
  const hasOneBytePerCharacter = Buffer.from(text, 'latin1').toString('latin1') === text;
  return text !== '' && !text.includes('\0') && hasOneBytePerCharacter;
}

/** Encodes a path that is valid UTF-8. Throws for an empty path. */
export function toGitPath(displayPath: string): GitPath {
  const bytes = Buffer.from(displayPath, 'utf8').toString('latin1');
  if (!isGitPath(bytes)) throw new Error('an empty text is no path');
  return bytes;
}

/** Returns the path as text for people. Bytes that are not valid UTF-8 become octal escapes, such as `bad\377name`. */
export function toDisplayPath(path: GitPath): string {
  const text = decodeUtf8(path);
  if (text !== undefined) return text;
  const parts: string[] = [];
  for (let start = 0; start < path.length; ) {
    const character = readCharacter(path, start);
    parts.push(character?.text ?? `\\${path.charCodeAt(start).toString(8)}`);
    start += character?.byteCount ?? 1;
  }
  return parts.join('');
}

/** Decodes the UTF-8 character at a position; undefined if the bytes there are not a character. */
function readCharacter(
  bytes: string,
  start: number,
): { readonly text: string; readonly byteCount: number } | undefined {
  for (let byteCount = 1; byteCount <= MAX_CHARACTER_BYTES; byteCount += 1) {
    const text = decodeUtf8(bytes.slice(start, start + byteCount));
    if (text !== undefined) return { text, byteCount };
  }
  return undefined;
}

/** Decodes a text with one character per byte; undefined if the bytes are not valid UTF-8. */
function decodeUtf8(bytes: string): string | undefined {
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  return Buffer.from(text, 'utf8').toString('latin1') === bytes ? text : undefined;
}

/** Returns the bytes of paths, each followed by a NUL byte, as input of a git command with `-z`. */
export function joinPaths(paths: readonly GitPath[]): Buffer {
  return Buffer.from(paths.map((path) => `${path}\0`).join(''), 'latin1');
}

/** Returns an absolute path as bytes for the functions of node:fs. */
export function resolveGitPath(folder: string, path: GitPath): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);
}
