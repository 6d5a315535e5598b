import type { ForgeActor, SimPull, SimRepository } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import { judgeConsent } from './consent-rules.ts';
import type { Evidence, Judge } from './judge.ts';
import { formatTaskId, isEndTask, parseBranch, shortenSha, TAKEOVER_MS } from './names.ts';

/** `commit`: merged head; `onto`: head of the base branch before the merge; `result`: the merge commit. */
type MergeCommits = { readonly commit: string; readonly onto: string; readonly result: string };

/** Judges a merge; most rules apply only to merges by the engine. */
export function judgeMerge(
  judge: Judge,
  world: World,
  repository: SimRepository,
  pull: SimPull,
  merge: MergeCommits,
  actor: ForgeActor,
): void {
  const head = parseBranch(pull.head);
  if (head?.kind === 'task' && !isEndTask(head.task)) {
    const id = formatTaskId(head);
    const mergeCount = (judge.mergeCountByTask.get(id) ?? 0) + 1;
    judge.mergeCountByTask.set(id, mergeCount);
    // A person may merge, retarget and merge the same work again; the engine merges each task at most once.
    if (mergeCount > 1 && actor.kind === 'engine')
      judge.recordViolation(world, `task ${id} was merged ${mergeCount} times`);
  }
  if (actor.kind !== 'engine') return;
  if (parseBranch(pull.base)?.kind !== 'root') {
    judge.recordViolation(
      world,
      `the engine merged pull request #${pull.number} into ${pull.base}, which is not a root branch`,
    );
    return;
  }
  if (!judge.mergeableCommits.has(merge.commit))
    judge.recordViolation(
      world,
      `the engine merged commit ${shortenSha(merge.commit)}, which no attempt reported in time and no person pushed`,
    );
  judgeConsent(judge, world, repository, pull, { commit: merge.commit, actor });
  const attempt = head?.kind === 'task' ? judge.findChangingAttempt(world, head) : undefined;
  if (attempt !== undefined)
    judge.recordViolation(
      world,
      `pull request #${pull.number} was merged while attempt ${attempt} was working on its task`,
    );
  // The handler was frozen while a person closed and reopened the pull request. No rule of the engine can prevent such a merge.
  if (actor.isLate() && judge.reopenedPulls.has(`${repository.name}#${pull.number}`)) return;
  const roots = listAcceptableHeads(judge, world, repository, pull.base, merge.onto, actor);
  const evidenceForCommit = judge.evidence.filter(({ commit }) => commit === merge.commit);
  const isStrict = judge.knownPlans.get(head?.plan ?? '')?.isMergeStrict ?? false;
  const isCovered = evidenceForCommit.some((evidence) =>
    roots.some((root) => evidenceCoversRoot(repository, evidence, root, isStrict)),
  );
  if (isCovered) return;
  const coveredRoots = evidenceForCommit.map(({ root }) => shortenSha(root)).join(', ');
  judge.recordViolation(
    world,
    `pull request #${pull.number} was merged at commit ${shortenSha(merge.commit)} onto root commit ${shortenSha(merge.onto)} without current evidence (root commits with evidence: ${coveredRoots || 'none'})`,
  );
}

/**
 * Lists the heads of a branch that a correct handler may have acted on: the present head, and each earlier head that people have
 * replaced after the handler read the branch.
 */
function listAcceptableHeads(
  judge: Judge,
  world: World,
  repository: SimRepository,
  branch: string,
  head: string,
  actor: ForgeActor,
): string[] {
  const readAt = actor.kind === 'engine' ? actor.getReadTime(repository.name, branch) : 0;
  const isReadTooOld = world.loop.now - readAt > TAKEOVER_MS;
  const moves = judge.listMoves(repository.name, branch);
  const heads = [head];
  for (const move of isReadTooOld ? [] : moves.toReversed()) {
    if (move.to !== heads.at(-1) || move.actorKind !== 'person' || move.at < readAt) break;
    heads.push(move.from);
  }
  return heads;
}

/**
 * Returns true for the root commit of the evidence, and for a later root commit whose new changes touch neither the changed paths nor
 * the shared file CHANGELOG.md.
 */
function evidenceCoversRoot(
  repository: SimRepository,
  evidence: Evidence,
  root: string,
  isStrict: boolean,
): boolean {
  if (evidence.root === root || evidence.empty) return true;
  if (isStrict || !repository.graph.isAncestor(evidence.root, root)) return false;
  const newRootPaths = repository.graph.listChanges(evidence.root, root);
  const changedPaths = new Set(repository.graph.listChanges(evidence.root, evidence.commit));
  return !newRootPaths.some((path) => changedPaths.has(path) || path === 'CHANGELOG.md');
}

/**
 * Judges a root pull request, or the pull request of a simple plan, that the engine made ready: its head must be verified. The head of
 * a root branch must be verified by an end node.
 */
export function judgeReady(
  judge: Judge,
  world: World,
  repository: SimRepository,
  pull: SimPull,
  actor: ForgeActor,
): void {
  const head = parseBranch(pull.head);
  const isRoot = head?.kind === 'root';
  const isSimple = head?.kind === 'task' && judge.knownPlans.get(head.plan)?.isSimple === true;
  if (!isRoot && !isSimple) return;
  const sha = repository.branches.get(pull.head) ?? '';
  const heads = listAcceptableHeads(judge, world, repository, pull.head, sha, actor);
  const isVerified = judge.evidence.some(
    ({ commit, attempt }) =>
      heads.includes(commit) &&
      attempt.plan === head.plan &&
      attempt.run === head.run &&
      isEndTask(attempt.task) === isRoot,
  );
  if (!isVerified)
    judge.recordViolation(
      world,
      `pull request #${pull.number} became ready at commit ${shortenSha(sha)}, which no ${isRoot ? 'end node' : 'attempt'} verified`,
    );
}
