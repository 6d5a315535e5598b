import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendRawRequest } from '../../support/forge/send-raw-request.ts';
import type { TestForge, TestRepository } from '../../support/forge/test-forge.ts';
import { startTestForge } from '../../support/forge/test-forge.ts';

// Sends hostile names to the REST interface of the forge. A raw client sends paths with "..", "%2f" and "//" unchanged. Files
// outside the references contain a commit id: an answer with this id would show that the forge read such a file as a reference.

let forge: TestForge;
let repository: TestRepository;
/** A commit that only another repository contains. */
let foreignSha: string;

beforeAll(async () => {
  forge = await startTestForge();
  repository = await forge.makeRepository('own');
  const other = await forge.makeRepository('other', { 'secret.txt': 'other\n' });
  foreignSha = other.main;
  await Promise.all(listOutsideFiles().map((file) => writeFile(file, repository.main)));
});

afterAll(() => forge.close());

/** Returns the paths of files outside the references: a file in the git directory, and a file in each folder above. */
function listOutsideFiles(): string[] {
  return ['repos/acme/own.git', 'repos/acme', 'repos', '.'].map((folder) =>
    join(forge.dataDir, folder, 'outside'),
  );
}

const call = (method: string, path: string, body?: unknown) =>
  sendRawRequest(forge, method, path, body);

/** Paths that lead from `refs/heads/` to the outside files, and other names that the forge must refuse. */
const HOSTILE_NAMES = [
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
  'main.lock',
  'x'.repeat(3_000),
];

/** Missing branches whose names git accepts, although the names have a meaning in a shell or a URL. */
const UNUSUAL_NAMES = ['x$(id)', '`id`', '\u00e9'];

/** Hostile names, each with a short label for the title of a test. */
const LABELLED_NAMES = HOSTILE_NAMES.map((name) => [name.slice(0, 40), name] as const);

/** Returns the forms of a name in a URL: unchanged if HTTP allows the name, and with every character encoded. */
function listUrlForms(value: string): string[] {
  const encoded = encodeURIComponent(value).replaceAll('.', '%2e');
  // HTTP clients remove the path segment `.` from a URL.
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
  test.each([...LABELLED_NAMES, ...UNUSUAL_NAMES.map((name) => [name, name] as const)])(
    'a read of the name %j is refused',
    async (_label, value) => {
      for (const urlForm of listUrlForms(value)) {
        const { status, text } = await call('GET', `/repos/acme/own${path(urlForm)}`);
        expect([404, 422], `${urlForm}: ${text}`).toContain(status);
        expect(text).not.toContain(repository.main);
        expect(text).not.toContain(foreignSha);
        expect(text).not.toContain('root:');
      }
    },
  );

  test('a read of a commit of another repository is refused', async () => {
    const { status } = await call('GET', `/repos/acme/own${path(foreignSha)}`);
    expect([404, 422]).toContain(status);
  });
});

describe('writing a reference', () => {
  test.each(LABELLED_NAMES)('a write of the name %j is refused', async (_label, value) => {
    const ref = `refs/heads/${value}`;
    const created = await call('POST', '/repos/acme/own/git/refs', { ref, sha: repository.main });
    expect(created.status, created.text).toBe(422);
    for (const urlForm of listUrlForms(value)) {
      const path = `/repos/acme/own/git/refs/heads/${urlForm}`;
      const moved = await call('PATCH', path, { sha: repository.main, force: true });
      expect([404, 422], `${urlForm}: ${moved.text}`).toContain(moved.status);
      const removed = await call('DELETE', path);
      expect([404, 422], `${urlForm}: ${removed.text}`).toContain(removed.status);
    }
    for (const file of listOutsideFiles())
      expect(await readFile(file, 'utf8')).toBe(repository.main);
  });
});

test('an invalid repository name is answered with 404', async () => {
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

test('every path answers 200 for a valid name, which shows that the refusals above are caused by the name', async () => {
  for (const [name, path] of READS.filter(([kind]) => kind !== 'git/blobs')) {
    const validName = name === 'git/commits' ? repository.main : 'main';
    const { status, text } = await call('GET', `/repos/acme/own${path(validName)}`);
    expect(status, `${name}: ${text}`).toBe(200);
  }
});

test.each(['../HEAD', '..', 'a/../../HEAD', './a.txt'])(
  'the contents route answers 404 for the path %j',
  async (path) => {
    const encoded = encodeURIComponent(path).replaceAll('.', '%2e');
    const { status, text } = await call('GET', `/repos/acme/own/contents/${encoded}`);
    expect(status, text).toBe(404);
  },
);
