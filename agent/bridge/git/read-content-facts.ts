import { findSecrets } from './find-secrets.ts';
import type { ContentFacts } from './flag-changes.ts';
import type { Git } from './git.ts';
import type { GitPath } from './git-path.ts';
import type { CommittedChange } from './sort-changes.ts';

// Reads facts about the contents of changed files by their blob ids, because a blob id is safe as input of git, unlike a path.

/** Size of the largest content that is searched for secrets, bytes. */
const MAX_SEARCHED_BYTES = 1_000_000;
/** Size of the contents that one git command returns, bytes. */
const MAX_BATCH_BYTES = 16_000_000;
/** Size of all contents that are searched for secrets, bytes. */
const MAX_TOTAL_BYTES = 128_000_000;
const NO_BLOB = /^0+$/;

/** Returns the facts about the new content of each change, by path. */
export async function readContentFacts(
  git: Git,
  changes: readonly CommittedChange[],
): Promise<Map<GitPath, ContentFacts>> {
  const files = changes.filter(({ mode, status }) => status !== 'D' && mode !== '160000');
  const sizes = await readSizes(git, [
    ...files.map(({ newBlob }) => newBlob),
    ...files.map(({ oldBlob }) => oldBlob),
  ]);
  const searched = files.filter(({ newBlob }) => (sizes.get(newBlob) ?? 0) <= MAX_SEARCHED_BYTES);
  const secrets = await findAddedSecrets(git, searched, sizes);
  return new Map(
    files.map(({ path, newBlob, oldBlob }) => [
      path,
      {
        size: sizes.get(newBlob) ?? 0,
        oldSize: sizes.get(oldBlob),
        secrets: secrets.get(newBlob) ?? [],
      },
    ]),
  );
}

async function readSizes(git: Git, blobs: readonly string[]): Promise<Map<string, number>> {
  const ids = [...new Set(blobs.filter((id) => !NO_BLOB.test(id)))];
  if (ids.length === 0) return new Map();
  const output = await git(['cat-file', '--batch-check=%(objectname) %(objectsize)'], {
    input: ids.map((id) => `${id}\n`).join(''),
  });
  const rows = output.stdout.split('\n').map((line) => line.split(' '));
  // The size of an object that is missing is not a number.
  return new Map(
    rows
      .map(([id = '', size = '']) => [id, Number(size)] as const)
      .filter(([, size]) => Number.isInteger(size)),
  );
}

/** Returns descriptions of secrets in added lines, by the id of the new blob. */
async function findAddedSecrets(
  git: Git,
  changes: readonly CommittedChange[],
  sizes: ReadonlyMap<string, number>,
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const oldBlobs = new Map(changes.map(({ newBlob, oldBlob }) => [newBlob, oldBlob]));
  for (const batch of createBatches([...oldBlobs.keys()], sizes))
    for (const [blob, content] of await readBlobs(git, batch)) {
      const findings = findSecrets(content);
      if (findings.length === 0) continue;
      const oldBlob = oldBlobs.get(blob) ?? '';
      const isSearchable = (sizes.get(oldBlob) ?? Number.POSITIVE_INFINITY) <= MAX_SEARCHED_BYTES;
      const old = isSearchable ? (await readBlobs(git, [oldBlob])).get(oldBlob) : undefined;
      const oldLines = new Set(old?.split('\n'));
      const added = findings.filter(({ text }) => !oldLines.has(text));
      const texts = added.map(({ name, line }) => `line ${line} looks like a secret (${name})`);
      if (texts.length > 0) found.set(blob, texts);
    }
  return found;
}

/** Divides blobs into batches; blobs beyond the limit of all contents are omitted. */
function createBatches(
  blobs: readonly string[],
  sizes: ReadonlyMap<string, number>,
): readonly (readonly string[])[] {
  const batches: string[][] = [];
  let batchBytes = Number.POSITIVE_INFINITY;
  let totalBytes = 0;
  for (const blob of blobs) {
    const size = sizes.get(blob) ?? 0;
    totalBytes += size;
    if (totalBytes > MAX_TOTAL_BYTES) break;
    batchBytes += size;
    if (batchBytes > MAX_BATCH_BYTES) {
      batches.push([]);
      batchBytes = size;
    }
    batches.at(-1)?.push(blob);
  }
  return batches;
}

/** Reads contents with one character per byte. */
async function readBlobs(git: Git, blobs: readonly string[]): Promise<Map<string, string>> {
  const output = await git(['cat-file', '--batch'], {
    input: blobs.map((id) => `${id}\n`).join(''),
  });
  const contents = new Map<string, string>();
  const { stdout } = output;
  for (let start = 0; start < stdout.length; ) {
    const headerEnd = stdout.indexOf('\n', start);
    const [id = '', , size = ''] = stdout.slice(start, headerEnd).split(' ');
    const contentEnd = headerEnd + 1 + (Number(size) || 0);
    if (size !== '') contents.set(id, stdout.slice(headerEnd + 1, contentEnd));
    start = size === '' ? headerEnd + 1 : contentEnd + 1;
  }
  return contents;
}
