import type { PullRequest, Sha } from '../../../core/port/forge.ts';
import type { BranchRelation } from '../../../local/forge/rules/pull-rules.ts';
import type { SimPull, SimRepository } from './forge-state.ts';

/** Returns the current head commit of a pull request, without lag. */
export function readHeadSha(repository: SimRepository, pull: SimPull): Sha {
  if (pull.state !== 'open') return pull.lastSha;
  return repository.branches.get(pull.head) ?? pull.lastSha;
}

/** Returns a pull request as a read at `now` shows it; the head may lag behind. */
export function viewPull(repository: SimRepository, pull: SimPull, now: number): PullRequest {
  const isLate = pull.state === 'open' && pull.lag !== undefined && pull.lag.until > now;
  return {
    number: pull.number,
    nodeId: `PR_${pull.number}`,
    url: `https://forge.test/${repository.name}/pull/${pull.number}`,
    title: pull.title,
    body: pull.body,
    state: pull.state,
    draft: pull.draft,
    head: pull.head,
    headSha: isLate && pull.lag ? pull.lag.sha : readHeadSha(repository, pull),
    base: pull.base,
    mergeable: null,
    mergeSha: pull.mergeSha,
    labels: pull.labels,
    updatedAt: pull.updatedAt,
    author: pull.author,
  };
}

/** Returns the commits of two branches and whether the base contains the head. */
export function relateBranches(
  repository: SimRepository,
  head: string,
  base: string,
): BranchRelation {
  const headSha = repository.branches.get(head);
  const baseSha = repository.branches.get(base);
  const isWhole = headSha !== undefined && baseSha !== undefined;
  const headIsInBase = isWhole && repository.graph.isAncestor(headSha, baseSha);
  return { headSha, baseSha, headIsInBase };
}
