import { expect, test } from 'vitest';
import type { ContentFacts } from './flag-changes.ts';
import { flagChanges } from './flag-changes.ts';
import { toGitPath } from './git-path.ts';
import type { CommittedChange, ScopeRules } from './sort-changes.ts';

const RULES: ScopeRules = { own: ['src/login/'], foreign: [], shared: [] };
const VERIFY = [
  ['npm', 'test'],
  ['sh', './scripts/check.sh'],
];
const NO_SECRET = { secrets: [], oldSize: undefined };

function createChange(path: string, change: Partial<CommittedChange> = {}): CommittedChange {
  const blobs = { oldBlob: 'a', newBlob: 'b' };
  return { path: toGitPath(path), status: 'M', mode: '100644', ...blobs, ...change };
}

/** Flags one change, whose content has the given facts. */
function flagChange(change: CommittedChange, facts?: ContentFacts, rules = RULES) {
  const factsByPath = new Map(facts === undefined ? [] : [[change.path, facts]]);
  return flagChanges([change], { rules, verify: VERIFY, facts: factsByPath });
}

test.each([
  ['docs/x.md', 'M', 'out_of_scope', 'outside the scope of the task'],
  ['.github/workflows/x.yml', 'A', 'ci', 'changes CI; outside the scope of the task'],
  ['src/login/.drone.yml', 'A', 'ci', 'changes CI'],
  [
    '.smol-gang.yaml',
    'M',
    'project_config',
    'changes how this repository is set up and verified; outside the scope of the task',
  ],
  ['src/login/login.test.ts', 'D', 'test_deleted', 'deletes a test'],
  ['package.json', 'M', 'verify', 'used by a verify command; outside the scope of the task'],
  ['scripts/check.sh', 'M', 'verify', 'used by a verify command; outside the scope of the task'],
] as const)('the change of %s with status %s is flagged as %s: "%s"', (path, status, kind, why) => {
  expect(flagChange(createChange(path, { status }))).toEqual([{ path, why, kind }]);
});

test.each([
  ['src/login/ci.ts', 'M'],
  ['src/login/login.test.ts', 'M'],
  ['src/login/contest.ts', 'D'],
] as const)('the change of %s with status %s is not flagged', (path, status) => {
  expect(flagChange(createChange(path, { status }))).toEqual([]);
});

test('a task without a declared scope has no path outside its scope', () => {
  expect(flagChange(createChange('a.txt'), undefined, { ...RULES, own: [] })).toEqual([]);
});

test.each([
  ['src/login/key.txt', { ...NO_SECRET, size: 9, secrets: ['line 1 looks bad'] }, 'secret'],
  ['src/login/a.test.ts', { ...NO_SECRET, size: 40, oldSize: 100 }, 'test_deleted'],
  ['src/login/big.bin', { ...NO_SECRET, size: 60_000_000 }, 'large'],
] as const)('the content of %s is flagged', (path, facts, kind) => {
  expect(flagChange(createChange(path), facts)).toMatchObject([{ path, kind }]);
});

test('a file that GitHub refuses is flagged with the limit', () => {
  const [flag] = flagChange(createChange('src/login/b'), { ...NO_SECRET, size: 150_000_000 });

  expect(flag?.why).toBe('a file of 150 MB; GitHub refuses files above 100 MB');
});

test('a changed submodule is flagged', () => {
  const change = createChange('src/login/lib', { mode: '160000' });

  expect(flagChange(change)).toMatchObject([{ kind: 'submodule' }]);
});

test('a single CI file comes before any number of paths outside the scope', () => {
  const paths = Array.from({ length: 600 }, (_, index) => `docs/${index}.md`);
  const changes = [...paths, '.github/workflows/ci.yml'].map((path) => createChange(path));
  const flags = flagChanges(changes, { rules: RULES, verify: [], facts: new Map() });

  expect(flags).toHaveLength(601);
  expect(flags[0]).toMatchObject({ path: '.github/workflows/ci.yml', kind: 'ci' });
});
