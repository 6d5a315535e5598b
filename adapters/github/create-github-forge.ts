import type { Forge } from '../../core/port/forge.ts';
import {
  branchHead,
  deleteBranch,
  ensureBranch,
  listBranches,
  moveBranch,
  tryMerge,
} from './branch.ts';
import { createChecks } from './check.ts';
import { compareCommits, hasCommit, readFile, readTree } from './commit.ts';
import { type ConnectionOptions, createConnection } from './connection.ts';
import { markDraft, markReady } from './draft.ts';
import { ensurePull } from './ensure-pull.ts';
import { mergePull } from './merge-pull.ts';
import { runPreflight } from './preflight.ts';
import {
  closePull,
  createChangedPulls,
  findPull,
  readPull,
  reopenPull,
  updatePull,
} from './pull.ts';
import { createCredentials, readRepository } from './repository.ts';
import { createReviews, postComment } from './review.ts';

export type GitHubForgeOptions = ConnectionOptions;

/**
 * GitHub, or whatever speaks its interface at `baseUrl`. As an App it makes tokens for one repository and an hour;
 * with a token it can only hand out that token, which may do all that its owner may.
 */
export function createGitHubForge(options: GitHubForgeOptions): Forge {
  const connection = createConnection(options);
  return {
    repository: (repo) => readRepository(connection, repo),
    preflight: (repo, base, prefix) => runPreflight(connection, repo, base, prefix),
    branchHead: (repo, branch) => branchHead(connection, repo, branch),
    listBranches: (repo, prefix) => listBranches(connection, repo, prefix),
    ensureBranch: (repo, branch, sha) => ensureBranch(connection, repo, branch, sha),
    moveBranch: (repo, branch, sha) => moveBranch(connection, repo, branch, sha),
    deleteBranch: (repo, branch) => deleteBranch(connection, repo, branch),
    hasCommit: (repo, sha) => hasCommit(connection, repo, sha),
    compare: (repo, base, head) => compareCommits(connection, repo, base, head),
    tree: (repo, sha, limit) => readTree(connection, repo, sha, limit),
    file: (repo, sha, path, maxBytes) => readFile(connection, repo, sha, path, maxBytes),
    tryMerge: (repo, base, head, scratch) => tryMerge(connection, repo, base, head, scratch),
    findPull: (repo, query) => findPull(connection, repo, query),
    ensurePull: (repo, pull) => ensurePull(connection, repo, pull),
    pull: (repo, number) => readPull(connection, repo, number),
    pullsChangedSince: createChangedPulls(connection),
    updatePull: (repo, number, change) => updatePull(connection, repo, number, change),
    markReady: (repo, pull) => markReady(connection, repo, pull),
    markDraft: (repo, pull) => markDraft(connection, repo, pull),
    closePull: (repo, number) => closePull(connection, repo, number),
    reopenPull: (repo, number) => reopenPull(connection, repo, number),
    mergePull: (repo, number, merge) => mergePull(connection, repo, number, merge),
    checks: createChecks(connection),
    reviews: createReviews(connection),
    comment: (repo, number, body) => postComment(connection, repo, number, body),
    gitCredential: createCredentials(connection),
  };
}
