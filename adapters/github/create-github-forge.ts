import type { Forge } from '../../core/port/forge.ts';
import {
  deleteBranch,
  ensureBranch,
  listBranches,
  moveBranch,
  readBranchHead,
  tryMerge,
} from './branch.ts';
import { compareCommits, hasCommit, readFile, readPatch, readTree } from './commit.ts';
import { createChecksReader } from './create-checks-reader.ts';
import type { ConnectionOptions } from './create-connection.ts';
import { createConnection } from './create-connection.ts';
import { markDraft, markReady } from './pull/draft.ts';
import { ensurePull } from './pull/ensure-pull.ts';
import { mergePull } from './pull/merge-pull.ts';
import {
  changePullBase,
  closePull,
  createChangedPullsReader,
  findPull,
  readPull,
  reopenPull,
  updatePull,
} from './pull/pull.ts';
import { createReviewsReader, postComment } from './pull/review.ts';
import { createCredentialsIssuer, readRepository } from './repository.ts';
import { runPreflight } from './run-preflight.ts';

export type GitHubForgeOptions = ConnectionOptions;

/**
 * Creates a Forge for GitHub, or for a server with the same interface at `baseUrl`. A GitHub App creates git tokens that are valid
 * for one repository and one hour. With a personal token, bridges receive the personal token itself, with all its permissions.
 */
export function createGitHubForge(options: GitHubForgeOptions): Forge {
  const connection = createConnection(options);
  return {
    workflowFiles: /^\.github\/workflows\/.+\.ya?ml$/,
    readRepository: (repo) => readRepository(connection, repo),
    runPreflight: (repo, base, prefix) => runPreflight(connection, repo, base, prefix),
    readBranchHead: (repo, branch) => readBranchHead(connection, repo, branch),
    listBranches: (repo, prefix) => listBranches(connection, repo, prefix),
    ensureBranch: (repo, branch, sha) => ensureBranch(connection, repo, branch, sha),
    moveBranch: (repo, branch, sha) => moveBranch(connection, repo, branch, sha),
    deleteBranch: (repo, branch) => deleteBranch(connection, repo, branch),
    hasCommit: (repo, sha) => hasCommit(connection, repo, sha),
    compareCommits: (repo, base, head) => compareCommits(connection, repo, base, head),
    readPatch: (repo, base, head, maxBytes) => readPatch(connection, repo, base, head, maxBytes),
    readTree: (repo, sha, limit) => readTree(connection, repo, sha, limit),
    readFile: (repo, sha, path, maxBytes) => readFile(connection, repo, sha, path, maxBytes),
    tryMerge: (repo, base, head, scratchBranch) =>
      tryMerge(connection, repo, base, head, scratchBranch),
    findPull: (repo, query) => findPull(connection, repo, query),
    ensurePull: (repo, pull) => ensurePull(connection, repo, pull),
    readPull: (repo, number) => readPull(connection, repo, number),
    listPullsChangedSince: createChangedPullsReader(connection),
    updatePull: (repo, number, change) => updatePull(connection, repo, number, change),
    markReady: (repo, pull) => markReady(connection, repo, pull),
    markDraft: (repo, pull) => markDraft(connection, repo, pull),
    closePull: (repo, number) => closePull(connection, repo, number),
    changePullBase: (repo, number, base) => changePullBase(connection, repo, number, base),
    reopenPull: (repo, number) => reopenPull(connection, repo, number),
    mergePull: (repo, number, merge) => mergePull(connection, repo, number, merge),
    readChecks: createChecksReader(connection),
    readReviews: createReviewsReader(connection),
    postComment: (repo, number, body) => postComment(connection, repo, number, body),
    createGitCredential: createCredentialsIssuer(connection),
  };
}
