import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startEmulateForge } from '../support/forge/emulate-forge.ts';
import { describeForge } from './forge.ts';

// Runs the suite against `emulate`, a GitHub emulator of another project. The lists name its known differences from GitHub.

const NO_GIT = 'pushes with git';
const NO_STATUSES = 'commit statuses';
const NO_GRAPHQL = 'GraphQL';
const NO_RULES = 'rulesets';
const HEAD_STAYS = 'pull requests whose head follows the branch';
const MERGE_IS_422 = 'status 405 for a refused merge (emulate answers 422)';

/** Missing feature by the test that fails for this reason. */
const FAILS: Readonly<Record<string, string>> = {
  'ensureBranch rejects a missing commit': "GitHub's message for a missing commit",
  'ensureBranch rejects a branch whose name has another branch as folder':
    'refusal of a branch below another branch',
  'readTree lists files and folders, and reports a truncated list': "git's order of tree entries",
  'the forge answers 422 to a second pull request of the same branches':
    'refusal of a second pull request',
  'ensurePull rejects a head without own commits as no_commits':
    'refusal of a pull request without commits',
  'reopenPull rejects a closed pull request while another pull request of its branches is open':
    'refusal to reopen beside an open pull request',
  'markReady and markDraft may be repeated, even by a new client': NO_GRAPHQL,
  'a draft gets a marked title in a repository that does not allow drafts':
    'repositories that do not allow drafts',
  'the head of a pull request follows pushes, and mergeable is null at the first read after a push':
    HEAD_STAYS,
  'a pull request with conflicts is not mergeable': 'detection of conflicts',
  'a deleted head branch closes the pull request and prevents reopening': HEAD_STAYS,
  'listPullsChangedSince returns the latest changes first, and the forge answers an unchanged list with 304':
    'a clock that the test can advance',
  'mergePull creates a merge commit, and a repeated call returns the same result': MERGE_IS_422,
  'mergePull returns headMoved and merges nothing if the head is another commit': HEAD_STAYS,
  'mergePull returns notMergeable while mergeability is unknown, and a later call merges':
    MERGE_IS_422,
  'mergePull returns notMergeable for a draft, a conflict and a closed pull request': MERGE_IS_422,
  'mergePull names the rule that refuses a merge': NO_RULES,
  'mergePull names a merge method that the repository does not allow': MERGE_IS_422,
  'tryMerge detects a conflict and deletes its scratch branch':
    'merges of branches without a pull request',
  'readChecks combines check runs and statuses, and only the last of each name counts': NO_STATUSES,
  'readChecks reads more check runs and statuses than a page holds': NO_STATUSES,
  'readReviews returns reviews and comments oldest first, with write permission and bot flag':
    'the permission name "write" (emulate answers "push")',
  'readReviews reads the write permission of an author again after five minutes':
    'the permission name "write" (emulate answers "push")',
  'readReviews returns a dismissed review as dismissed, and the forge refuses to approve an own pull request':
    'refusal to approve an own pull request',
  'runPreflight finds nothing in a repository without obstacles': NO_STATUSES,
  'runPreflight names every obstacle of a plan': NO_RULES,
  'ensureBranch and a push name the rule that refuses them': NO_RULES,
  'ensureBranch rejects an archived repository, and runPreflight reports that the repository is archived':
    NO_STATUSES,
};

/**
 * Missing feature by the test that does not run. These tests push with git, which emulate does not support: without a clone,
 * their git commands would run in a folder of another repository.
 */
const SKIPS: Readonly<Record<string, string>> = {
  'listBranches returns all branches with a prefix, over several pages and from packed-refs':
    NO_GIT,
  'compareCommits starts at the merge base and returns renames and counts': NO_GIT,
  'a pull request is merged when a person pushes its head into the base, and ensurePull returns this pull request':
    NO_GIT,
  'the credential of an attempt may push only the branch of the attempt, for an hour': NO_GIT,
  'a read credential may fetch but not push': NO_GIT,
};

describeForge('GitHub adapter against emulate', startEmulateForge, { fails: FAILS, skips: SKIPS });
describe('GitHub adapter against emulate', () => {
  test('every listed difference names a test of the suite', () => {
    const folder = new URL('.', import.meta.url);
    const suites = ['branch', 'pull', 'merge', 'check'].map((name) =>
      readFileSync(new URL(`forge-${name}.ts`, folder), 'utf8'),
    );
    const text = suites.join('\n');

    const listed = Object.keys({ ...FAILS, ...SKIPS });
    expect(listed.filter((name) => !text.includes(`test('${name}'`))).toEqual([]);
  });
});
