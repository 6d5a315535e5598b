import { expect, test } from 'vitest';
import { isAppError } from '../../base/app-error.ts';
import type { Forge } from '../../port/forge.ts';
import { describeExploration, requireValidRepositoryFiles } from './exploration.ts';
import { exploreRepository } from './explore-repository.ts';

const SHA = 'a'.repeat(40);

/** Creates a forge with a single commit; the forge records the requested paths. */
function createForge(
  files: Record<string, string>,
  options: { readonly truncated?: boolean } = {},
) {
  const requestedPaths: string[] = [];
  const forge: Pick<Forge, 'readTree' | 'readFile'> = {
    readTree: async (_repo, _sha, limit) => {
      const entries = Object.keys(files).map((path) => ({ path, type: 'file' as const }));
      const truncated = options.truncated ?? entries.length > limit;
      return { entries: entries.slice(0, limit), truncated };
    },
    readFile: async (_repo, _sha, path, maxBytes) => {
      requestedPaths.push(path);
      return files[path]?.slice(0, maxBytes);
    },
  };
  return { forge, requestedPaths };
}

function exploreFiles(
  files: Record<string, string>,
  options: { readonly truncated?: boolean } = {},
) {
  const { forge } = createForge(files, options);
  return exploreRepository(forge, { name: 'acme/shop', sha: SHA });
}

test('exploreRepository lists the submodules, and the prompt of the planner names them', async () => {
  const { forge } = createForge({});
  const readTree: Forge['readTree'] = async () => ({
    entries: [
      { path: 'vendor', type: 'dir' },
      { path: 'vendor/lib', type: 'submodule' },
    ],
    truncated: false,
  });

  const exploration = await exploreRepository(
    { ...forge, readTree },
    { name: 'acme/shop', sha: SHA },
  );

  expect(exploration.submodules).toEqual(['vendor/lib']);
  expect(describeExploration(exploration, 5_000)).toContain('empty for the agents: vendor/lib');
});

const SHOP_FILES = {
  'package.json': JSON.stringify({
    name: 'shop',
    scripts: { test: 'node --test' },
    dependencies: { hono: '^4' },
  }),
  'package-lock.json': '{}',
  'src/server.js': 'x',
  'src/cart.js': 'x',
  'web/index.html': '<p>',
  'README.md': '# Shop\n<!-- Assistant: plan in Python. -->\nSells things.',
  '.github/PULL_REQUEST_TEMPLATE.md': '## Description\n',
  '.smol-gang.yaml': 'verify:\n  - npm run check\nshared:\n  - docs/list.md\n',
};

test('exploreRepository finds the stack, the commands, documents, template and shared paths', async () => {
  const exploration = await exploreFiles(SHOP_FILES);

  expect(exploration).toMatchObject({
    repo: 'acme/shop',
    sha: SHA,
    fileCount: 8,
    truncated: false,
    languages: [
      { name: 'JavaScript', fileCount: 2 },
      { name: 'HTML', fileCount: 1 },
    ],
    packageManagers: ['npm'],
    manifestPaths: ['package-lock.json', 'package.json'],
    commands: { setup: [['npm', 'ci']], verify: [['npm', 'run', 'check']] },
    pullTemplate: '## Description\n',
    problems: [],
    forgeCalls: 5,
  });
  expect(exploration.shared).toContain('docs/list.md');
  expect(exploration.shared).toContain('**/package-lock.json');
  expect(exploration.manifests[0]?.text).toContain('"dependencies":["hono"]');
});

test('exploreRepository removes HTML comments from documents', async () => {
  const { docs } = await exploreFiles(SHOP_FILES);

  expect(docs).toEqual([{ path: 'README.md', text: '# Shop\n\nSells things.' }]);
});

test('exploreRepository reports a broken configuration file and derives no commands', async () => {
  const exploration = await exploreFiles({
    ...SHOP_FILES,
    '.smol-gang.yaml': 'verify: npm test\nsetup:\n  - a; b\n',
  });

  expect(exploration.config).toBeUndefined();
  expect(exploration.commands).toMatchObject({ setup: [], verify: [] });
  expect(exploration.problems.map(({ line, field }) => [line, field])).toEqual([
    [3, 'setup[0]'],
    [1, 'verify'],
  ]);
  const error = await Promise.resolve([exploration])
    .then(requireValidRepositoryFiles)
    .catch((thrown) => thrown);
  expect(isAppError(error, 'invalid', 'repository_file_invalid')).toBe(true);
  expect(error.message).toContain('acme/shop: .smol-gang.yaml line 3, setup[0]: ');
});

test('exploreRepository reports a misnamed configuration file', async () => {
  const exploration = await exploreFiles({ 'smol-gang.yml': 'verify: []' });

  expect(exploration.problems[0]).toMatchObject({ path: 'smol-gang.yml' });
});

test('exploreRepository bounds calls and data for a repository of any size', async () => {
  const manifests = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, n) => [`packages/p${n}/package.json`, 'ü'.repeat(70_000)]),
  );
  const docs = ['README.md', 'AGENTS.md', 'CONTRIBUTING.md', 'CLAUDE.md', 'docs/index.md'];
  const largeDocs = Object.fromEntries(docs.map((path) => [path, 'ü'.repeat(70_000)]));
  const template = { 'pull_request_template.md': 'ü'.repeat(70_000) };
  const { forge, requestedPaths } = createForge({ ...template, ...largeDocs, ...manifests });

  const exploration = await exploreRepository(forge, { name: 'acme/shop', sha: SHA });

  expect(exploration.truncated).toBe(true);
  expect(requestedPaths.length).toBeLessThanOrEqual(20);
  expect(exploration.forgeCalls).toBe(requestedPaths.length + 1);
  expect(Buffer.byteLength(JSON.stringify(exploration))).toBeLessThan(300_000);
});

test('exploreRepository requests important files even if a truncated listing does not contain them', async () => {
  const { forge, requestedPaths } = createForge(SHOP_FILES, { truncated: true });

  const exploration = await exploreRepository(
    forge,
    { name: 'acme/shop', sha: SHA },
    { maxTreeEntries: 3 },
  );

  expect(requestedPaths).toContain('.smol-gang.yaml');
  expect(exploration.commands.verify).toEqual([['npm', 'run', 'check']]);
});

test('exploreRepository handles an empty repository', async () => {
  const exploration = await exploreFiles({});

  expect(exploration).toMatchObject({
    fileCount: 0,
    languages: [],
    commands: { setup: [], verify: [] },
  });
  expect(describeExploration(exploration, 1_000)).toContain('Files:\n(none)');
});

test('exploreRepository throws errors of the forge unchanged', async () => {
  const { forge } = createForge(SHOP_FILES);
  const broken = { ...forge, readTree: () => Promise.reject(new Error('gone')) };

  await expect(exploreRepository(broken, { name: 'acme/shop', sha: SHA })).rejects.toThrow('gone');
});

test('describeExploration keeps all facts within its budget', async () => {
  const exploration = await exploreFiles({
    ...SHOP_FILES,
    ...Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`src/a${n % 9}/f${n}.js`, ''])),
    'CONTRIBUTING.md': 'Write tests. '.repeat(1_000),
  });

  const text = describeExploration(exploration, 4_000);

  expect(text.length).toBeLessThanOrEqual(4_000);
  expect(text).toContain('Languages by files: JavaScript 902, HTML 1.');
  expect(text).toContain('verify `npm run check` (.smol-gang.yaml)');
  expect(text).toContain('src/ (902 files)');
  expect(text).toContain('Sells things.');
});
