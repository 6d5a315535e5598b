import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startEmulateForge } from '../support/forge/emulate-forge.ts';
import { describeForge } from './forge.ts';

// Runs the suite against `emulate`, a GitHub emulator of another project. The two lists below contain the tests that emulate cannot
// pass, each with the feature of GitHub that emulate lacks.

const GIT_PUSHES = 'pushes with git';
const COMMIT_STATUSES = 'commit statuses';
const GRAPHQL = 'GraphQL';
const RULESETS = 'rulesets';
const HEAD_FOLLOWS_BRANCH = 'pull requests whose head follows the branch';
const STATUS_405 = 'status 405 for a refused merge (emulate answers 422)';

/** Missing feature of emulate, by the name of the test that fails for this reason. */
const MISSING_BY_FAILING_TEST: Readonly<Record<string, string>> = {
  'ensureBranch rejects a missing commit': "GitHub's message for a missing commit",
  'ensureBranch rejects a branch below the name of another branch, such as main/below':
    'refusal of a branch below another branch',
  'readTree lists files and folders, and reports a truncated list': "git's order of tree entries",
  'the forge answers 422 to a second pull request of the same branches':
    'refusal of a second pull request',
  'ensurePull rejects a head branch without new commits as no_commits':
    'refusal of a pull request without commits',
  'reopenPull rejects a closed pull request while another pull request of its branches is open':
    'refusal to reopen beside an open pull request',
  'markReady and markDraft may be repeated, even by a new client': GRAPHQL,
  'a draft gets a marked title in a repository that does not allow drafts':
    'repositories that do not allow drafts',
  'the head of a pull request follows pushes, and isMergeable is null at the first read after a push':
    HEAD_FOLLOWS_BRANCH,
  'a pull request with conflicts is not mergeable': 'detection of conflicts',
  'a deleted head branch closes the pull request and prevents reopening': HEAD_FOLLOWS_BRANCH,
  'listPullsChangedSince returns the latest changes first, and the forge answers an unchanged list with 304':
    'a clock that the test can advance',
  'mergePull creates a merge commit, and a repeated call returns the same result': STATUS_405,
  'mergePull returns headMoved and merges nothing if the head is another commit':
    HEAD_FOLLOWS_BRANCH,
  'mergePull returns notMergeable while mergeability is unknown, and a later call merges':
    STATUS_405,
  'mergePull returns notMergeable for a draft, a conflict and a closed pull request': STATUS_405,
  'mergePull names the rule that refuses a merge': RULESETS,
  'mergePull names a merge method that the repository does not allow': STATUS_405,
  'tryMerge detects a conflict and deletes its scratch branch':
    'merges of branches without a pull request',
  'readChecks combines check runs and statuses, and uses only the last result of each name':
    COMMIT_STATUSES,
  'readChecks reads more check runs and statuses than a page holds': COMMIT_STATUSES,
  'readReviews returns reviews and comments oldest first, with write permission and bot flag':
    'the permission name "write" (emulate answers "push")',
  'readReviews reads the write permission of an author again after five minutes':
    'the permission name "write" (emulate answers "push")',
  'readReviews returns a dismissed review as dismissed, and the forge refuses an approval from the author of the pull request':
    'refusal of an approval from the author',
  'readPatch returns the changes since the merge base, and cuts a long patch after a line':
    'comparisons as a patch (media type diff)',
  'runPreflight finds nothing in a repository without obstacles': COMMIT_STATUSES,
  'runPreflight names every obstacle of a plan': RULESETS,
  'the errors of ensureBranch and of a push name the rule that refused the branch': RULESETS,
  'ensureBranch rejects an archived repository, and runPreflight reports that the repository is archived':
    COMMIT_STATUSES,
};

/**
 * Missing feature of emulate, by the name of the test that is not run. These tests push with git, but emulate has no git server:
 * without a clone, their git commands would run in a folder of another repository.
 */
const MISSING_BY_SKIPPED_TEST: Readonly<Record<string, string>> = {
  'listBranches returns all branches with a prefix, over several pages and from packed-refs':
    GIT_PUSHES,
  'compareCommits starts at the merge base and returns renames and counts': GIT_PUSHES,
  'a pull request counts as merged when a person pushes its head into the base, and ensurePull returns this pull request':
    GIT_PUSHES,
  'the credential of an attempt may push only the branch of the attempt, for an hour': GIT_PUSHES,
  'a read credential may fetch but not push': GIT_PUSHES,
};

describeForge('GitHub adapter against emulate', startEmulateForge, {
  fails: MISSING_BY_FAILING_TEST,
  skips: MISSING_BY_SKIPPED_TEST,
});
describe('GitHub adapter against emulate', () => {
  test('every listed difference names a test of the suite', () => {
    const folder = new URL('.', import.meta.url);
    const suites = ['branch', 'pull', 'merge', 'check'].map((name) =>
      readFileSync(new URL(`forge-${name}.ts`, folder), 'utf8'),
    );
    const text = suites.join('\n');

    const listedTests = Object.keys({ ...MISSING_BY_FAILING_TEST, ...MISSING_BY_SKIPPED_TEST });
    expect(listedTests.filter((name) => !text.includes(`test('${name}'`))).toEqual([]);
  });
});
