import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendRawRequest } from '../../support/forge/send-raw-request.ts';
import type { TestForge, TestRepository } from '../../support/forge/test-forge.ts';
import { startTestForge } from '../../support/forge/test-forge.ts';

// Hostile names at the REST interface of the forge. A raw client sends paths with "..", "%2f" and "//" unchanged. Files outside
// the bare repository hold a commit id, so a read of such a file as a reference would show the id.

let forge: TestForge;
let own: TestRepository;
/** A commit of another repository. */
let secret: string;

beforeAll(async () => {
  forge = await startTestForge();
  own = await forge.makeRepository('own');
  const other = await forge.makeRepository('other', { 'secret.txt': 'other\n' });
  secret = other.main;
  await Promise.all(listOutsideFiles().map((file) => writeFile(file, own.main)));
});

afterAll(() => forge.close());

/** Returns a file in the git directory that is no reference, and a file in each folder above. */
function listOutsideFiles(): string[] {
  return ['repos/acme/own.git', 'repos/acme', 'repos', '.'].map((folder) =>
    join(forge.dataDir, folder, 'outside'),
  );
}

const call = (method: string, path: string, body?: unknown) =>
  sendRawRequest(forge, method, path, body);

/** Paths from `refs/heads/` to the files outside, and other names that git refuses. */
const HOSTILE = [
  '../../outside',
  '../../../outside',
  '../../../../outside',
  '../../../../../outside',
  '../../../other.git/refs/heads/main',
  '../../HEAD',
  '../../config',
  'x/../../../outside',
  'main/..',
  'main/.',
  '/etc/passwd',
  '../../../../../../../../../../etc/passwd',
  '..\\..\\outside',
  'main\0',
  'main\n../outside',
  'main^{tree}',
  'main@{0}',
  'main~0',
  '--upload-pack=id',
  '-h',
  ':/Start',
  'x$(id)',
  '`id`',
  'main.lock',
  '\u00e9',
  'x'.repeat(3_000),
];

/** Returns the forms of a name in a URL: unchanged if HTTP allows the name, and with every character encoded. */
function listUrlForms(value: string): string[] {
  const encoded = encodeURIComponent(value).replaceAll('.', '%2e');
  // A client removes a segment of `.` from a URL before sending.
  if (value.endsWith('/.')) return [encoded];
  return /^[\x21-\x7e]+$/.test(value) && !/[?#\\`^{}]/.test(value) ? [value, encoded] : [encoded];
}

const READS: readonly (readonly [string, (name: string) => string])[] = [
  ['git/ref', (name) => `/git/ref/heads/${name}`],
  ['git/commits', (name) => `/git/commits/${name}`],
  ['git/trees', (name) => `/git/trees/${name}`],
  ['git/blobs', (name) => `/git/blobs/${name}`],
  ['branches', (name) => `/branches/${name}`],
  ['commits', (name) => `/commits/${name}`],
  ['compare', (name) => `/compare/main...${name}`],
  ['check-runs', (name) => `/commits/${name}/check-runs`],
  ['contents', (name) => `/contents/a.txt?ref=${name}`],
];

describe.each(READS)('reading %s', (_name, path) => {
  test.each(HOSTILE)('a read of the name %j is refused', async (value) => {
    for (const written of listUrlForms(value)) {
      const { status, text } = await call('GET', `/repos/acme/own${path(written)}`);
      expect([404, 422], `${written}: ${text}`).toContain(status);
      expect(text).not.toContain(own.main);
      expect(text).not.toContain(secret);
      expect(text).not.toContain('root:');
    }
  });

  test('a read of a commit of another repository is refused', async () => {
    const { status } = await call('GET', `/repos/acme/own${path(secret)}`);
    expect([404, 422]).toContain(status);
  });
});

describe('writing a reference', () => {
  test.each(HOSTILE)('a write of the name %j is refused', async (value) => {
    const ref = `refs/heads/${value}`;
    const made = await call('POST', '/repos/acme/own/git/refs', { ref, sha: own.main });
    expect(made.status, made.text).toBe(422);
    for (const written of listUrlForms(value)) {
      const path = `/repos/acme/own/git/refs/heads/${written}`;
      const moved = await call('PATCH', path, { sha: own.main, force: true });
      expect([404, 422], `${written}: ${moved.text}`).toContain(moved.status);
      const removed = await call('DELETE', path);
      expect([404, 422], `${written}: ${removed.text}`).toContain(removed.status);
    }
    for (const file of listOutsideFiles()) expect(await readFile(file, 'utf8')).toBe(own.main);
  });
});

test('a repository name that leaves its folder is answered with 404', async () => {
  for (const name of [
    'acme/..%2fother',
    'acme%2f..%2facme/own',
    '..%2facme/own',
    'acme/own.git',
    'acme/%00',
  ]) {
    const { status, text } = await call('GET', `/repos/${name}/git/ref/heads/main`);
    expect(status, `${name}: ${text}`).toBe(404);
  }
});

test('a valid name is read on every path, so the refusals above have no other cause', async () => {
  for (const [name, path] of READS.filter(([kind]) => kind !== 'git/blobs')) {
    const good = name === 'git/commits' ? own.main : 'main';
    const { status, text } = await call('GET', `/repos/acme/own${path(good)}`);
    expect(status, `${name}: ${text}`).toBe(200);
  }
});

test.each(['../HEAD', '..', 'a/../../HEAD', './a.txt'])(
  'content at %j is not found',
  async (path) => {
    const written = encodeURIComponent(path).replaceAll('.', '%2e');
    const { status, text } = await call('GET', `/repos/acme/own/contents/${written}`);
    expect(status, text).toBe(404);
  },
);
