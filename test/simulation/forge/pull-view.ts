import type { PullRequest, Sha } from '../../../core/port/forge.ts';
import type { BranchRelation } from '../../../local/forge/rules/pull-rules.ts';
import type { SimPull, SimRepository } from './forge-state.ts';

/** Returns the true head commit of a pull request, which follows its head branch only while the pull request is open. */
export function readHeadSha(repository: SimRepository, pull: SimPull): Sha {
  if (pull.state !== 'open') return pull.lastSha;
  return repository.branches.get(pull.head) ?? pull.lastSha;
}

/** Returns a pull request as a read at the time `now` (epoch milliseconds) shows it, perhaps with its former head. */
export function viewPull(repository: SimRepository, pull: SimPull, now: number): PullRequest {
  const { lag } = pull;
  const isLagging = pull.state === 'open' && lag !== undefined && lag.until > now;
  return {
    number: pull.number,
    nodeId: `PR_${pull.number}`,
    url: `https://forge.test/${repository.name}/pull/${pull.number}`,
    title: pull.title,
    body: pull.body,
    state: pull.state,
    draft: pull.draft,
    head: pull.head,
    headSha: isLagging ? lag.sha : readHeadSha(repository, pull),
    base: pull.base,
    isMergeable: null,
    mergeSha: pull.mergeSha,
    labels: pull.labels,
    updatedAt: pull.updatedAt,
    author: pull.author,
  };
}

/** Returns the commits of a head branch and a base branch, and whether the base branch contains the head commit. */
export function relateBranches(
  repository: SimRepository,
  head: string,
  base: string,
): BranchRelation {
  const headSha = repository.branches.get(head);
  const baseSha = repository.branches.get(base);
  const bothExist = headSha !== undefined && baseSha !== undefined;
  const headIsInBase = bothExist && repository.graph.isAncestor(headSha, baseSha);
  return { headSha, baseSha, headIsInBase };
}
