import type { By, SimPull, SimRepository } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import { readBranch } from './branch-name.ts';
import { type Evidence, type Judge, short, taskId } from './judge.ts';

type Merge = { commit: string; onto: string; result: string };

/** A person's merge into root this shortly before ours cannot be known to whoever merges. */
const UNKNOWABLE_MS = 30_000;

export function judgeMerge(
  judge: Judge,
  world: World,
  repository: SimRepository,
  pull: SimPull,
  merge: Merge,
  by: By,
): void {
  const head = readBranch(pull.head);
  if (head?.kind === 'task' && !/^end(-\d+)?$/.test(head.task)) {
    const id = taskId(head);
    const times = (judge.merges.get(id) ?? 0) + 1;
    judge.merges.set(id, times);
    if (times > 1) judge.fail(world, `${id} was merged ${times} times`);
  }
  if (by.kind !== 'engine') return;
  if (readBranch(pull.base)?.kind !== 'root')
    return judge.fail(world, `the engine merged #${pull.number} into ${pull.base}`);
  if (!judge.rightful.has(merge.commit))
    judge.fail(
      world,
      `the engine merged ${short(merge.commit)}, which no attempt reported in its time`,
    );
  const root = knowableRoot(judge, world, repository, pull.base, merge.onto);
  const known = judge.evidence.filter((one) => one.commit === merge.commit);
  const strict = judge.plans.get(head?.plan ?? '')?.strict ?? false;
  if (known.some((one) => speaksFor(repository, one, root, strict))) return;
  judge.fail(
    world,
    `#${pull.number} merged ${short(merge.commit)} onto ${short(root)} with evidence on ${known.map((one) => short(one.root)).join(', ') || 'nothing'}`,
  );
}

/** The root without what people merged by hand just now. */
function knowableRoot(
  judge: Judge,
  world: World,
  repository: SimRepository,
  base: string,
  onto: string,
): string {
  const moves = judge.rootMoves.filter((move) => move.branch === `${repository.name} ${base}`);
  let root = onto;
  for (const move of moves.toReversed()) {
    if (move.to !== root || move.by !== 'person') break;
    if (world.loop.now - move.at > UNKNOWABLE_MS) break;
    root = move.from;
  }
  return root;
}

/** The same root, or one that has only gained paths that meet neither what was changed nor what is shared. */
function speaksFor(
  repository: SimRepository,
  evidence: Evidence,
  root: string,
  strict: boolean,
): boolean {
  if (evidence.root === root || evidence.empty) return true;
  if (strict || !repository.graph.isAncestor(evidence.root, root)) return false;
  const gained = repository.graph.changed(evidence.root, root);
  const changed = new Set(repository.graph.changed(evidence.root, evidence.commit));
  return !gained.some((path) => changed.has(path) || path === 'CHANGELOG.md');
}

/** A root pull request says "ready" only after its head was verified as a whole. */
export function judgeReady(
  judge: Judge,
  world: World,
  repository: SimRepository,
  pull: SimPull,
): void {
  const head = readBranch(pull.head);
  if (head?.kind !== 'root') return;
  const sha = knowableRoot(
    judge,
    world,
    repository,
    pull.head,
    repository.branches.get(pull.head) ?? '',
  );
  const verified = judge.evidence.some(
    (one) =>
      one.commit === sha &&
      one.by.plan === head.plan &&
      one.by.run === head.run &&
      /^end(-\d+)?$/.test(one.by.task),
  );
  if (!verified)
    judge.fail(world, `root #${pull.number} is ready at ${short(sha)}, which no end verified`);
}
