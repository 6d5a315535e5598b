import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startEmulateForge } from '../support/forge/emulate-forge.ts';
import { describeForge } from './forge.ts';

// Where emulate is not GitHub. What it does like GitHub, it did not learn from us.

const NO_GIT = 'git on the wire';
const NO_STATUSES = 'commit statuses';
const NO_GRAPHQL = 'GraphQL';
const NO_RULES = 'rulesets';
const HEAD_STAYS = 'a head that follows its branch';
const MERGE_IS_422 = 'a refused merge is 422, and 405 at GitHub';

const FAILS: Readonly<Record<string, string>> = {
  'refuses a branch at a commit that is not there': "GitHub's words for it",
  'refuses a branch below another branch': 'branches that are files',
  'lists a tree with folders, and says when it was cut': "git's order of a tree",
  'a second pull request for the same branches is a 422 on the wire': 'that refusal',
  'refuses with no_commits when head has nothing on base': 'that refusal',
  'a closed one beside an open one is not opened again': 'that one of two cannot be reopened',
  'draft and ready, each also twice and from a client that remembers nothing': NO_GRAPHQL,
  'where drafts are refused the title says so, until it is ready': 'a repository without drafts',
  'the head follows pushes, and mergeable is null at the first read after each': HEAD_STAYS,
  'a pull request that conflicts is not mergeable': 'conflicts',
  'deleting the head branch closes, and it cannot be reopened then': HEAD_STAYS,
  'tells what changed since, newest first, and an unchanged list is not sent again':
    'a clock that can be moved',
  'merges with a merge commit, and says the same when it is repeated': MERGE_IS_422,
  'says headMoved when the head is another commit, and merges nothing': HEAD_STAYS,
  'says notMergeable while mergeability is not computed, and merges when asked again': MERGE_IS_422,
  'says notMergeable for a draft, a conflict and a closed one': MERGE_IS_422,
  'names the rule that refuses a merge': NO_RULES,
  'refuses a method that the repository does not allow': MERGE_IS_422,
  'judges a conflict on a scratch branch that is gone afterwards': 'merging of branches',
  'adds check runs and statuses up; the last of a name counts': NO_STATUSES,
  'reads more checks than a page holds': NO_STATUSES,
  'tells reviews and comments oldest first, who may write and who is a bot':
    'the permission "write", which it calls "push"',
  'a collaborator counts as one who may write only while the forge says so':
    'the permission "write", which it calls "push"',
  'a dismissed review says so, and nobody approves their own pull request': 'that refusal',
  'preflight finds nothing where nothing stands in the way': NO_STATUSES,
  'preflight names what would stop a plan': NO_RULES,
  'a refusal by a rule is named, for a branch of its own and for a push': NO_RULES,
  'an archived repository refuses, and preflight says so': NO_STATUSES,
};

/**
 * Of these only the server could learn its half. The other is git in a repository's work tree, which has no place here: run in
 * some other folder it would change what is there.
 */
const SKIPS: Readonly<Record<string, string>> = {
  'lists all branches under a prefix, over several pages, also packed ones': NO_GIT,
  'compares from the merge base, with renames and counts': NO_GIT,
  'a head that a person pushes into base is merged, and found again': NO_GIT,
  'the credential of an attempt pushes its own branch and nothing else, for an hour': NO_GIT,
  'a credential to read fetches and pushes nothing': NO_GIT,
};

describeForge('GitHub adapter against emulate', startEmulateForge, { fails: FAILS, skips: SKIPS });
describe('GitHub adapter against emulate', () => {
  test('whatever is said to be lacking is a test of the suite', () => {
    const folder = new URL('.', import.meta.url);
    const suites = ['branch', 'pull', 'merge', 'check'].map((name) =>
      readFileSync(new URL(`forge-${name}.ts`, folder), 'utf8'),
    );
    const text = suites.join('\n');

    const listed = Object.keys({ ...FAILS, ...SKIPS });
    expect(listed.filter((name) => !text.includes(`test('${name}'`))).toEqual([]);
  });
});
