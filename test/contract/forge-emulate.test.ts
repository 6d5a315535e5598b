import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startEmulateForge } from '../support/forge/emulate-forge.ts';
import { describeForge } from './forge.ts';

// The adapter against emulate, an emulator of another project. The lists name its known differences from GitHub.

const NO_GIT = 'git on the wire';
const NO_STATUSES = 'commit statuses';
const NO_GRAPHQL = 'GraphQL';
const NO_RULES = 'rulesets';
const HEAD_STAYS = 'a head that follows its branch';
const MERGE_IS_422 = 'a refused merge is 422, and 405 at GitHub';

const FAILS: Readonly<Record<string, string>> = {
  'ensureBranch rejects a missing commit': "GitHub's words for a missing commit",
  'ensureBranch rejects a branch below another branch': 'branches that are files',
  'tree lists files and folders, and reports a cut list': "git's order of a tree",
  'the forge answers 422 to a second pull request of the same branches': 'the refusal',
  'ensurePull rejects a head without commits as no_commits': 'the refusal',
  'reopenPull rejects a closed pull request while another is open':
    'the refusal to reopen beside an open pull request',
  'markReady and markDraft may be repeated, also by a client without memory': NO_GRAPHQL,
  'a repository without drafts gets a marked title until the pull request is ready':
    'a repository without drafts',
  'the head of a pull request follows pushes, and mergeable is null at the first read after a push':
    HEAD_STAYS,
  'a pull request with conflicts is not mergeable': 'conflicts',
  'a deleted head branch closes the pull request and prevents reopening': HEAD_STAYS,
  'pullsChangedSince returns changes newest first, and an unchanged list is answered with 304':
    'a clock that can be moved',
  'mergePull creates a merge commit, and a repeated call returns the same result': MERGE_IS_422,
  'mergePull returns headMoved for another head commit, and merges nothing': HEAD_STAYS,
  'mergePull returns notMergeable while mergeability is unknown, and a later call merges':
    MERGE_IS_422,
  'mergePull returns notMergeable for a draft, a conflict and a closed pull request': MERGE_IS_422,
  'mergePull names the rule that refuses a merge': NO_RULES,
  'mergePull names a merge method that the repository does not allow': MERGE_IS_422,
  'tryMerge detects a conflict and leaves no scratch branch': 'merging of branches',
  'checks combines check runs and statuses, and the last of each name counts': NO_STATUSES,
  'checks reads more check runs and statuses than a page holds': NO_STATUSES,
  'reviews returns reviews and comments oldest first, with write permission and bot flag':
    'the permission "write", which it calls "push"',
  'reviews reads the write permission of an author again after five minutes':
    'the permission "write", which it calls "push"',
  'reviews returns a dismissed review as dismissed, and the forge refuses to approve an own pull request':
    'the refusal',
  'preflight finds nothing in a repository without obstacles': NO_STATUSES,
  'preflight names every obstacle of a plan': NO_RULES,
  'ensureBranch and a push name the rule that refuses them': NO_RULES,
  'ensureBranch rejects an archived repository, and preflight reports the archive': NO_STATUSES,
};

/** Tests that push with git, which emulate does not serve. Without a clone on disk, their git commands would change another folder. */
const SKIPS: Readonly<Record<string, string>> = {
  'listBranches returns all branches of a prefix over several pages, packed branches included':
    NO_GIT,
  'compare starts at the merge base and returns renames and counts': NO_GIT,
  'a head that a person pushes into the base is merged, and ensurePull finds the pull request':
    NO_GIT,
  'the credential of an attempt pushes only the branch of the attempt, for an hour': NO_GIT,
  'a read credential fetches and pushes nothing': NO_GIT,
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
