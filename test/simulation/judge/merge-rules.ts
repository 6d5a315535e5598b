import type { ForgeActor, SimPull, SimRepository } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import { judgeConsent } from './consent-rules.ts';
import type { Evidence, Judge } from './judge.ts';
import { formatTaskId, isEndTask, parseBranch, shortenSha, TAKEN_OVER_MS } from './names.ts';

type MergeCommits = { readonly commit: string; readonly onto: string; readonly result: string };

export function judgeMerge(
  judge: Judge,
  world: World,
  repository: SimRepository,
  pull: SimPull,
  merge: MergeCommits,
  by: ForgeActor,
): void {
  const head = parseBranch(pull.head);
  if (head?.kind === 'task' && !isEndTask(head.task)) {
    const id = formatTaskId(head);
    const times = (judge.mergesByTask.get(id) ?? 0) + 1;
    judge.mergesByTask.set(id, times);
    // People may merge a pull request again that they retargeted before.
    if (times > 1 && by.kind === 'engine')
      judge.recordViolation(world, `${id} was merged ${times} times`);
  }
  if (by.kind !== 'engine') return;
  if (parseBranch(pull.base)?.kind !== 'root') {
    judge.recordViolation(world, `the engine merged #${pull.number} into ${pull.base}`);
    return;
  }
  if (!judge.mergeableCommits.has(merge.commit))
    judge.recordViolation(
      world,
      `the engine merged ${shortenSha(merge.commit)}, which no attempt reported in time`,
    );
  judgeConsent(judge, world, repository, pull, { commit: merge.commit, by });
  const attempt = head?.kind === 'task' ? judge.findChangingAttempt(world, head) : undefined;
  if (attempt !== undefined)
    judge.recordViolation(
      world,
      `#${pull.number} was merged while attempt ${attempt} was working on its task`,
    );
  // A person closed and reopened the pull request during a freeze of the handler: no rule could prevent the late merge.
  if (by.isLate() && judge.reopenedPulls.has(`${repository.name}#${pull.number}`)) return;
  const roots = listKnowableHeads(judge, world, repository, pull.base, merge.onto, by);
  const known = judge.evidence.filter(({ commit }) => commit === merge.commit);
  const isStrict = judge.knownPlans.get(head?.plan ?? '')?.isStrict ?? false;
  const isCovered = known.some((evidence) =>
    roots.some((root) => evidenceCoversRoot(repository, evidence, root, isStrict)),
  );
  if (isCovered) return;
  judge.recordViolation(
    world,
    `#${pull.number} merged ${shortenSha(merge.commit)} onto ${shortenSha(merge.onto)} with evidence on ${known.map(({ root }) => shortenSha(root)).join(', ') || 'nothing'}`,
  );
}

/** Lists the head of a branch and earlier heads known to the handler, which people have moved since. */
function listKnowableHeads(
  judge: Judge,
  world: World,
  repository: SimRepository,
  branch: string,
  head: string,
  by: ForgeActor,
): string[] {
  const readAt = by.kind === 'engine' ? by.readAt(repository.name, branch) : 0;
  const isReadTooOld = world.loop.now - readAt > TAKEN_OVER_MS;
  const moves = judge.listMoves(repository.name, branch);
  const heads = [head];
  for (const move of isReadTooOld ? [] : moves.toReversed()) {
    if (move.to !== heads.at(-1) || move.by !== 'person' || move.at < readAt) break;
    heads.push(move.from);
  }
  return heads;
}

/** True for the same root, or a later root whose new changes touch neither the changed paths nor a shared file. */
function evidenceCoversRoot(
  repository: SimRepository,
  evidence: Evidence,
  root: string,
  isStrict: boolean,
): boolean {
  if (evidence.root === root || evidence.empty) return true;
  if (isStrict || !repository.graph.isAncestor(evidence.root, root)) return false;
  const gained = repository.graph.listChanges(evidence.root, root);
  const changed = new Set(repository.graph.listChanges(evidence.root, evidence.commit));
  return !gained.some((path) => changed.has(path) || path === 'CHANGELOG.md');
}

/** Judges a newly ready pull request: its head must be verified, the head of a root branch by its end task. */
export function judgeReady(
  judge: Judge,
  world: World,
  repository: SimRepository,
  pull: SimPull,
  by: ForgeActor,
): void {
  const head = parseBranch(pull.head);
  const isRoot = head?.kind === 'root';
  const isSimple = head?.kind === 'task' && judge.knownPlans.get(head.plan)?.isSimple === true;
  if (!isRoot && !isSimple) return;
  const sha = repository.branches.get(pull.head) ?? '';
  const heads = listKnowableHeads(judge, world, repository, pull.head, sha, by);
  const isVerified = judge.evidence.some(
    ({ commit, by: attempt }) =>
      heads.includes(commit) &&
      attempt.plan === head.plan &&
      attempt.run === head.run &&
      isEndTask(attempt.task) === isRoot,
  );
  if (!isVerified)
    judge.recordViolation(
      world,
      `#${pull.number} is ready at ${shortenSha(sha)}, which no ${isRoot ? 'end task' : 'attempt'} verified`,
    );
}
