import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { AttemptKey, TaskKey } from '../../../core/contract/id.ts';
import { parseAttemptId } from '../../../core/contract/id.ts';
import type { AttemptKind } from '../../../core/contract/task.ts';
import type { PodSpec } from '../../../core/port/launcher.ts';
import type { ForgeActor, SimPull, SimRepository } from '../forge/forge-state.ts';
import type { ForgeWitness } from '../forge/witness.ts';
import type { World } from '../world.ts';
import { judgeNewPod, judgeRepair } from './attempt-rules.ts';
import { BaseRules, isBaseCheck } from './base-rules.ts';
import type { BranchMove } from './branch-rules.ts';
import { judgeBranchMove } from './branch-rules.ts';
import { BudgetRules } from './budget-rules.ts';
import { Commitments } from './commitments.ts';
import { judgeMerge, judgeReady } from './merge-rules.ts';
import type { OwnedBranch } from './names.ts';
import {
  formatAttemptName,
  formatRootBranch,
  formatTaskId,
  parseBranch,
  shortenSha,
  TAKEOVER_MS,
} from './names.ts';
import { NoticeRules } from './notice-rules.ts';
import { judgePod } from './pod-rules.ts';

// The judge checks the rules of the platform from outside: branches and merges at the forge, requests to the launcher, responses to
// clients and bridges, and notices. The judge decides nothing by an item of the engine's store.

/** Task of a submitted or approved graph. */
export type KnownTask = {
  readonly id: string;
  readonly repo: string;
  readonly dependsOn: string[];
  readonly scope: string[];
};
/** Plan as its author submitted or approved it; the judge derives the expected behaviour from this description. */
export type KnownPlan = {
  readonly id: string;
  readonly isSimple: boolean;
  /** True if a person must approve each merge (policy `review`). */
  readonly needsReview: boolean;
  /** True if evidence must cover exactly the root commit of the merge (`strictMerge`). */
  readonly isMergeStrict: boolean;
  readonly maxParallel: number | undefined;
  /** Tasks of the latest run. */
  tasks: KnownTask[];
  readonly endNodes: { readonly id: string; readonly repo: string }[];
};

/** Evidence that an attempt reported in time. `root`: the commit of the root branch that the verification merged. */
export type Evidence = {
  readonly commit: string;
  readonly root: string;
  readonly empty: boolean;
  /** True if the agent of the attempt changed nothing. */
  readonly isUnchanged: boolean;
  readonly attempt: AttemptKey;
};
/** Move of an existing branch. `branchId`: `<repository> <branch>`; `at` in epoch milliseconds. */
export type RecordedMove = {
  readonly branchId: string;
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly actorKind: ForgeActor['kind'];
};

/** Milliseconds within which two changes count as concurrent, so that an actor cannot know the other change. */
const CONCURRENT_MS = 10_000;

/**
 * Records the observations of a seed and collects violations of the rules. "By task" means a key `<plan>.r<run>.<task>` (see
 * `formatTaskId`).
 */
export class Judge {
  readonly violations: string[] = [];
  readonly knownPlans = new Map<string, KnownPlan>();
  /** By pod name: requested pods that the launcher has not reported to the engine as gone. */
  readonly requestedPods = new Map<string, PodSpec>();
  /** By pod name: epoch milliseconds of the last report that the pod is gone. */
  readonly podGoneAt = new Map<string, number>();
  /** By task: number of the newest attempt with a requested pod. */
  readonly newestAttempts = new Map<string, number>();
  readonly evidence: Evidence[] = [];
  /** Commits that may be merged: reported in time by an attempt, or pushed by a person. */
  readonly mergeableCommits = new Set<string>();
  /** By task: all former and present heads of its branch. */
  readonly headsByTask = new Map<string, Set<string>>();
  /** Moves of root and task branches, without creations and deletions. */
  readonly moves: RecordedMove[] = [];
  /** Branches that a frozen handler created, perhaps after the cleanup; `<repository> <branch>`. */
  readonly lateBranches = new Set<string>();
  /** Merge commit of the last merge by any actor. */
  lastMergeCommit: string | undefined;
  readonly mergeCountByTask = new Map<string, number>();
  /** Pull requests that a person reopened or retargeted to a root branch; the engine need not close them. `<repository>#<number>`. */
  readonly reopenedPulls = new Set<string>();
  /** By task: the latest attempt that started to work on the commit of the task (kind `work` or `repair`). */
  readonly changingAttempts = new Map<
    string,
    { readonly n: number; readonly pod: string; readonly since: number }
  >();
  /** Attempts whose pod the launcher refused. */
  readonly refusedAttempts = new Set<string>();
  /** Attempts that reported a result before a newer attempt of the task began. */
  readonly attemptsReportedInTime = new Set<string>();
  readonly commitments = new Commitments();
  readonly bases = new BaseRules();
  readonly budgets = new BudgetRules();
  readonly notices = new NoticeRules();

  recordViolation(world: World, violation: string): void {
    world.recordHistory(`VIOLATION ${violation}`);
    this.violations.push(violation);
  }

  /** Judges the request for a pod. `isLate`: the requesting handler was frozen, so its knowledge may be outdated. */
  recordPodRequest(world: World, spec: PodSpec, isLate: boolean): void {
    const key = parseAttemptId(spec.attemptId);
    if (key === undefined) {
      this.recordViolation(
        world,
        `the engine requested a pod with the invalid attempt id ${spec.attemptId}`,
      );
      return;
    }
    const task = formatTaskId(key);
    const newestNumber = this.newestAttempts.get(task) ?? 0;
    // A frozen handler may request an ended pod again. The cleanup removes the pod, so the request does not count as an attempt.
    const goneAt = this.podGoneAt.get(spec.name);
    if (goneAt !== undefined) {
      if (!isLate && world.loop.now - goneAt > CONCURRENT_MS)
        this.recordViolation(
          world,
          `the engine requested a pod again for the ended attempt ${spec.attemptId}`,
        );
      return;
    }
    if (key.attemptNumber > newestNumber) judgeNewPod(this, world, key, newestNumber);
    this.budgets.recordPodRequest(world, key);
    this.newestAttempts.set(task, Math.max(newestNumber, key.attemptNumber));
    this.requestedPods.set(spec.name, spec);
    judgePod(this, world, key, spec);
  }

  /** Records a refused pod; the attempt does not count as lost. */
  recordPodRefusal({ attemptId }: PodSpec): void {
    this.refusedAttempts.add(attemptId);
  }

  recordPodGone(world: World, name: string): void {
    this.requestedPods.delete(name);
    this.podGoneAt.set(name, world.loop.now);
  }

  /** Returns true if a pod was requested for a newer attempt of the task. */
  isStale(key: AttemptKey): boolean {
    return (this.newestAttempts.get(formatTaskId(key)) ?? 0) > key.attemptNumber;
  }

  /** Records that a bridge has received its assignment. */
  recordAttemptStart(world: World, key: AttemptKey, kind: AttemptKind, pod: string): void {
    if (kind !== 'verify')
      this.changingAttempts.set(formatTaskId(key), {
        n: key.attemptNumber,
        pod,
        since: world.loop.now,
      });
  }

  /**
   * Returns the number of the attempt that is changing the commit of a task. An attempt counts only after TAKEOVER_MS, because the
   * merge of the old commit may have been on its way when the attempt started.
   */
  findChangingAttempt(world: World, key: TaskKey): number | undefined {
    const attempt = this.changingAttempts.get(formatTaskId(key));
    if (attempt === undefined || !this.requestedPods.has(attempt.pod)) return undefined;
    if (world.loop.now - attempt.since < TAKEOVER_MS) return undefined;
    if (this.attemptsReportedInTime.has(formatAttemptName({ ...key, attemptNumber: attempt.n })))
      return undefined;
    return this.isStale({ ...key, attemptNumber: attempt.n }) ? undefined : attempt.n;
  }

  /** Forgets the changing attempt of a task whose pull request a person closed: a retry may merge the accepted commit. */
  #clearChangingAttempt(branch: string): void {
    const ownedBranch = parseBranch(branch);
    if (ownedBranch?.kind === 'task') this.changingAttempts.delete(formatTaskId(ownedBranch));
  }

  /** Judges a result that the engine accepted. */
  recordAcceptedResult(
    world: World,
    key: AttemptKey,
    kind: AttemptKind,
    result: AttemptResult,
  ): void {
    this.commitments.recordAcceptedResult(key, kind, result);
    this.budgets.recordAcceptedResult(key, result.usage);
    if (kind === 'repair' && result.outcome === 'done') judgeRepair(this, world, key);
    if (!this.attemptsReportedInTime.has(formatAttemptName(key)))
      this.recordViolation(
        world,
        `the result of attempt ${formatAttemptName(key)} was accepted although a newer attempt had begun`,
      );
  }

  /** Judges a refusal: the bridge had lost the response to its accepted result and reported the result again. */
  recordRefusedRepeat(world: World, key: AttemptKey): void {
    if (!this.isStale(key))
      this.recordViolation(
        world,
        `a repeat of the accepted result of attempt ${formatAttemptName(key)} was refused`,
      );
  }

  /** Records a result before the bridge sends it. */
  recordReport(world: World, key: AttemptKey, kind: AttemptKind, result: AttemptResult): void {
    this.commitments.recordReport(key, kind, result);
    if (result.outcome === 'done' && result.noChange === 'task')
      this.commitments.recordUnchanged(world, key);
    if (this.isStale(key)) return;
    this.attemptsReportedInTime.add(formatAttemptName(key));
    if (result.outcome !== 'done' || isBaseCheck(key)) return;
    const { commit, evidence } = result;
    const isUnchanged = result.noChange !== undefined;
    const { root, empty } = evidence;
    this.evidence.push({ commit, root, empty, isUnchanged, attempt: key });
    this.mergeableCommits.add(commit);
  }

  /** Returns the commit of a root branch after its last move, even if the branch has been deleted since. */
  findLastRoot(repo: string, plan: string, run: number): string | undefined {
    return this.listMoves(repo, formatRootBranch(plan, run)).at(-1)?.to;
  }

  listMoves(repo: string, branch: string): RecordedMove[] {
    return this.moves.filter((move) => move.branchId === `${repo} ${branch}`);
  }

  createForgeWitness(world: World): ForgeWitness {
    return {
      onBranchMoved: (repository, branch, from, to, actor) => {
        world.recordHistory(
          `${repository.name} ${branch}: ${shortenSha(from)} -> ${shortenSha(to)} by ${actor.kind}${actor.kind === 'engine' ? `#${actor.invocation}` : ''}`,
        );
        this.#recordMove(world, repository, { branch, from, to, actor });
        judgeBranchMove(this, world, repository, { branch, from, to, actor });
        world.sendWebhook(repository.name, branch, undefined);
      },
      onPullOpened: (repository, pull, actor) => {
        world.recordHistory(
          `${repository.name}#${pull.number} opened: ${pull.head} into ${pull.base}`,
        );
        this.#judgeOpenedPull(world, repository, pull, actor);
        world.sendWebhook(repository.name, pull.head, pull.number);
      },
      onPullChanged: (repository, pull, change, actor) => {
        world.recordHistory(`${repository.name}#${pull.number} ${change} by ${actor.kind}`);
        const name = `${repository.name}#${pull.number}`;
        const isReopenedOrRetargeted =
          change === 'open' || change.startsWith('base changed to smol-gang/');
        if (isReopenedOrRetargeted && actor.kind === 'person') {
          this.reopenedPulls.add(name);
          this.commitments.recordCommand(world);
        }
        this.commitments.recordPullChange(pull.head, actor);
        if (change === 'closed' && actor.kind === 'person') this.#clearChangingAttempt(pull.head);
        if (change === 'ready' && actor.kind === 'engine')
          judgeReady(this, world, repository, pull, actor);
        world.sendWebhook(repository.name, pull.head, pull.number);
      },
      onReviewed: (pull, { state, commit }) => {
        const head = parseBranch(pull.head);
        if (head?.kind !== 'task') return;
        if (state === 'approved') this.commitments.recordApproval(head.plan, head.task, commit);
        else this.commitments.recordChangeRequest(head.plan, head.task);
      },
      onMerged: (repository, pull, merge, actor) => {
        world.recordHistory(
          `${repository.name}#${pull.number} merges ${shortenSha(merge.commit)} onto ${shortenSha(merge.onto)} by ${actor.kind}`,
        );
        this.lastMergeCommit = merge.result;
        judgeMerge(this, world, repository, pull, merge, actor);
      },
    };
  }

  #recordMove(
    world: World,
    repository: SimRepository,
    { branch, from, to, actor }: BranchMove,
  ): void {
    const owned = parseBranch(branch);
    if (owned?.kind === 'task' && to !== undefined) this.#recordHead(owned, to, actor);
    if (from === undefined && to !== undefined)
      this.bases.recordBranchCreation(repository.name, branch, to);
    if (from === undefined && actor.kind === 'engine' && actor.isLate())
      this.lateBranches.add(`${repository.name} ${branch}`);
    const isRecorded = owned?.kind === 'root' || owned?.kind === 'task';
    if (!isRecorded || from === undefined || to === undefined) return;
    this.moves.push({
      branchId: `${repository.name} ${branch}`,
      at: world.loop.now,
      from,
      to,
      actorKind: actor.kind,
    });
  }

  #recordHead(
    taskBranch: OwnedBranch & { readonly kind: 'task' },
    to: string,
    actor: ForgeActor,
  ): void {
    const id = formatTaskId(taskBranch);
    const heads = this.headsByTask.get(id) ?? new Set();
    heads.add(to);
    this.headsByTask.set(id, heads);
    if (actor.kind !== 'person') return;
    this.commitments.resetLossesAndRepairs(id);
    this.mergeableCommits.add(to);
    this.commitments.pushedCommits.set(id, [...(this.commitments.pushedCommits.get(id) ?? []), to]);
  }

  #judgeOpenedPull(
    world: World,
    repository: SimRepository,
    pull: SimPull,
    actor: ForgeActor,
  ): void {
    if (actor.kind !== 'engine') return;
    if (!pull.draft) judgeReady(this, world, repository, pull, actor);
    // A frozen handler cannot know a pull request that was opened and closed during the freeze.
    const knowableUntil = world.loop.now - CONCURRENT_MS;
    const knownPulls = repository.pulls.filter(
      (other) =>
        other !== pull &&
        other.head === pull.head &&
        other.base === pull.base &&
        (other.state !== 'closed' || (!actor.isLate() && other.updatedAt < knowableUntil)),
    );
    if (knownPulls.length > 0)
      this.recordViolation(
        world,
        `the engine opened a second pull request for the branch ${pull.head}: #${pull.number} in addition to #${knownPulls[0]?.number}`,
      );
  }
}
