import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { AttemptKey, TaskKey } from '../../../core/contract/id.ts';
import { parseAttemptId } from '../../../core/contract/id.ts';
import type { AttemptKind } from '../../../core/contract/task.ts';
import type { PodSpec } from '../../../core/port/launcher.ts';
import type { ForgeActor, SimPull, SimRepository } from '../forge/forge-state.ts';
import type { ForgeWitness } from '../forge/witness.ts';
import type { World } from '../world.ts';
import { judgeNewPod, judgeRepair } from './attempt-rules.ts';
import type { BranchMove } from './branch-rules.ts';
import { judgeBranchMove } from './branch-rules.ts';
import { Commitments } from './commitments.ts';
import { judgeMerge, judgeReady } from './merge-rules.ts';
import type { Branch } from './names.ts';
import {
  formatAttemptName,
  formatRootBranch,
  formatTaskId,
  parseBranch,
  shortenSha,
  TAKEN_OVER_MS,
} from './names.ts';
import { NoticeRules } from './notice-rules.ts';
import { judgePod } from './pod-rules.ts';

// The judge checks the rules of the platform from outside: branches and merges of the forge, requests to the launcher, and
// answers to clients. The judge never reads the engine's store.

/** Task as the plan's author knows the task. */
export type KnownTask = {
  readonly id: string;
  readonly repo: string;
  readonly dependsOn: string[];
  readonly scope: string[];
};
/** Plan as its author knows the plan. */
export type KnownPlan = {
  readonly id: string;
  readonly isSimple: boolean;
  /** A person approves each merge. */
  readonly needsReview: boolean;
  readonly isStrict: boolean;
  readonly maxParallel: number | undefined;
  /** Tasks of the latest run. */
  tasks: KnownTask[];
  readonly ends: { readonly id: string; readonly repo: string }[];
};

/** Evidence reported in time by an attempt. `root`: the verified commit of the root branch. */
export type Evidence = {
  readonly commit: string;
  readonly root: string;
  readonly empty: boolean;
  readonly by: AttemptKey;
};
/** Recorded move of a branch; `at` in epoch milliseconds. */
export type Move = {
  readonly branch: string;
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly by: ForgeActor['kind'];
};

/** Time within which concurrent actors cannot know each other's changes. */
const JUST_NOW_MS = 10_000;

/** Collects observations of a seed and the violations found in them. */
export class Judge {
  readonly violations: string[] = [];
  readonly knownPlans = new Map<string, KnownPlan>();
  /** By pod name: requested pods not yet reported as gone. */
  readonly requestedPods = new Map<string, PodSpec>();
  /** By pod name: time of the last report as gone. */
  readonly podGoneAt = new Map<string, number>();
  /** By task: the newest attempt with a requested pod. */
  readonly newestAttempts = new Map<string, number>();
  readonly evidence: Evidence[] = [];
  /** Commits that may be merged: reported in time by an attempt, or pushed by a person. */
  readonly mergeableCommits = new Set<string>();
  /** By task: all former and present heads of its branch. */
  readonly headsByTask = new Map<string, Set<string>>();
  /** Moves of root and task branches. */
  readonly moves: Move[] = [];
  /** Branches created by a frozen handler, perhaps too late; `repository branch`. */
  readonly lateBranches = new Set<string>();
  /** Result of the last merge by any actor. */
  lastMerge: string | undefined;
  readonly mergesByTask = new Map<string, number>();
  /** Pull requests reopened by a person; only people close them. */
  readonly reopenedPulls = new Set<string>();
  /** By task: the latest attempt that started work or a repair. */
  readonly changingAttempts = new Map<
    string,
    { readonly n: number; readonly pod: string; readonly since: number }
  >();
  /** Attempts whose pod the launcher refused. */
  readonly refusedAttempts = new Set<string>();
  /** Attempts that reported their result in time. */
  readonly timelyReports = new Set<string>();
  readonly commitments = new Commitments();
  readonly notices = new NoticeRules();

  recordViolation(world: World, violation: string): void {
    world.recordHistory(`VIOLATION ${violation}`);
    this.violations.push(violation);
  }

  /** Judges the request for a pod. `isLate`: the requesting handler was frozen in between. */
  recordPodRequest(world: World, spec: PodSpec, isLate: boolean): void {
    const key = parseAttemptId(spec.attemptId);
    if (key === undefined) {
      this.recordViolation(world, `a pod has an invalid attempt id: ${spec.attemptId}`);
      return;
    }
    const task = formatTaskId(key);
    const known = this.newestAttempts.get(task) ?? 0;
    // A late call may request a pod again; the cleanup removes the pod, and the request does not count as an attempt.
    const goneAt = this.podGoneAt.get(spec.name);
    if (goneAt !== undefined) {
      if (!isLate && world.loop.now - goneAt > JUST_NOW_MS)
        this.recordViolation(
          world,
          `a pod was requested again for the ended attempt ${spec.attemptId}`,
        );
      return;
    }
    if (key.attemptNumber > known) judgeNewPod(this, world, key, known);
    this.newestAttempts.set(task, Math.max(known, key.attemptNumber));
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

  isStale(key: AttemptKey): boolean {
    return (this.newestAttempts.get(formatTaskId(key)) ?? 0) > key.attemptNumber;
  }

  /** Records that a bridge has received its assignment. */
  recordStart(world: World, key: AttemptKey, kind: AttemptKind, pod: string): void {
    if (kind !== 'verify')
      this.changingAttempts.set(formatTaskId(key), {
        n: key.attemptNumber,
        pod,
        since: world.loop.now,
      });
  }

  /** Returns the attempt that is replacing a task's commit, once a merge of the old commit can no longer be a coincidence. */
  findChangingAttempt(world: World, key: TaskKey): number | undefined {
    const attempt = this.changingAttempts.get(formatTaskId(key));
    if (attempt === undefined || !this.requestedPods.has(attempt.pod)) return undefined;
    if (world.loop.now - attempt.since < TAKEN_OVER_MS) return undefined;
    if (this.timelyReports.has(formatAttemptName({ ...key, attemptNumber: attempt.n })))
      return undefined;
    return this.isStale({ ...key, attemptNumber: attempt.n }) ? undefined : attempt.n;
  }

  /** Forgets the changing attempt after a person closed the pull request: a retry continues from the accepted commit. */
  #clearChangingAttempt(branch: string): void {
    const at = parseBranch(branch);
    if (at?.kind === 'task') this.changingAttempts.delete(formatTaskId(at));
  }

  /** Judges a result whose report was answered with success. */
  recordAcceptedResult(
    world: World,
    key: AttemptKey,
    kind: AttemptKind,
    result: AttemptResult,
  ): void {
    this.commitments.recordAcceptedResult(key, kind, result);
    if (kind === 'repair' && result.outcome === 'done') judgeRepair(this, world, key);
    if (!this.timelyReports.has(formatAttemptName(key)))
      this.recordViolation(world, `a late result of ${formatAttemptName(key)} was accepted`);
  }

  /** Judges the refusal of a bridge that repeated its accepted result after a lost answer. */
  recordRefusedRepeat(world: World, key: AttemptKey): void {
    if (!this.isStale(key))
      this.recordViolation(
        world,
        `a repeat of the accepted result of ${formatAttemptName(key)} was refused`,
      );
  }

  /** Records a result before its delivery. */
  recordReport(key: AttemptKey, kind: AttemptKind, result: AttemptResult): void {
    this.commitments.recordReport(key, kind, result);
    if (this.isStale(key)) return;
    this.timelyReports.add(formatAttemptName(key));
    if (result.outcome !== 'done') return;
    const { commit, evidence } = result;
    this.evidence.push({ commit, root: evidence.root, empty: evidence.empty, by: key });
    this.mergeableCommits.add(commit);
  }

  /** Returns the last known commit of a root branch, also after its deletion. */
  findLastRoot(repo: string, plan: string, run: number): string | undefined {
    return this.listMoves(repo, formatRootBranch(plan, run)).at(-1)?.to;
  }

  listMoves(repo: string, branch: string): Move[] {
    return this.moves.filter((move) => move.branch === `${repo} ${branch}`);
  }

  createForgeWitness(world: World): ForgeWitness {
    return {
      branchMoved: (repository, branch, from, to, by) => {
        world.recordHistory(
          `${repository.name} ${branch}: ${shortenSha(from)} -> ${shortenSha(to)} by ${by.kind}${by.kind === 'engine' ? `#${by.invocation}` : ''}`,
        );
        this.#recordMove(world, repository, { branch, from, to, by });
        judgeBranchMove(this, world, repository, { branch, from, to, by });
        world.sendWebhook(repository.name, branch, undefined);
      },
      pullOpened: (repository, pull, by) => {
        world.recordHistory(
          `${repository.name}#${pull.number} opened: ${pull.head} into ${pull.base}`,
        );
        this.#judgeOpenedPull(world, repository, pull, by);
        world.sendWebhook(repository.name, pull.head, pull.number);
      },
      pullChanged: (repository, pull, change, by) => {
        world.recordHistory(`${repository.name}#${pull.number} ${change} by ${by.kind}`);
        const name = `${repository.name}#${pull.number}`;
        // Only people close a pull request reopened or retargeted by a person.
        const isReopened = change === 'open' || change.startsWith('base changed to smol-gang/');
        if (isReopened && by.kind === 'person') {
          this.reopenedPulls.add(name);
          this.commitments.recordCommand(world);
        }
        this.commitments.recordPullActivity(pull.head, by);
        if (change === 'closed' && by.kind === 'person') this.#clearChangingAttempt(pull.head);
        if (change === 'ready' && by.kind === 'engine')
          judgeReady(this, world, repository, pull, by);
        world.sendWebhook(repository.name, pull.head, pull.number);
      },
      reviewed: (pull, state) => {
        const at = parseBranch(pull.head);
        if (at?.kind !== 'task') return;
        if (state === 'approved') this.commitments.recordApproval(at.plan, at.task);
        else this.commitments.recordChangeRequest(at.plan, at.task);
      },
      merged: (repository, pull, merge, by) => {
        world.recordHistory(
          `${repository.name}#${pull.number} merges ${shortenSha(merge.commit)} onto ${shortenSha(merge.onto)} by ${by.kind}`,
        );
        this.lastMerge = merge.result;
        judgeMerge(this, world, repository, pull, merge, by);
      },
    };
  }

  #recordMove(world: World, repository: SimRepository, { branch, from, to, by }: BranchMove): void {
    const at = parseBranch(branch);
    if (at?.kind === 'task' && to !== undefined) this.#recordHead(at, to, by);
    if (from === undefined && by.kind === 'engine' && by.isLate())
      this.lateBranches.add(`${repository.name} ${branch}`);
    if ((at?.kind !== 'root' && at?.kind !== 'task') || from === undefined || to === undefined)
      return;
    this.moves.push({
      branch: `${repository.name} ${branch}`,
      at: world.loop.now,
      from,
      to,
      by: by.kind,
    });
  }

  #recordHead(at: Branch & { readonly kind: 'task' }, to: string, by: ForgeActor): void {
    const id = formatTaskId(at);
    const heads = this.headsByTask.get(id) ?? new Set();
    heads.add(to);
    this.headsByTask.set(id, heads);
    if (by.kind !== 'person') return;
    this.commitments.resetRetryCounts(id);
    this.mergeableCommits.add(to);
    this.commitments.pushedCommits.set(id, [...(this.commitments.pushedCommits.get(id) ?? []), to]);
  }

  #judgeOpenedPull(world: World, repository: SimRepository, pull: SimPull, by: ForgeActor): void {
    if (by.kind !== 'engine') return;
    if (!pull.draft) judgeReady(this, world, repository, pull, by);
    // A late handler cannot know of a pull request that was opened and closed in the meantime.
    const knowableUntil = world.loop.now - JUST_NOW_MS;
    const twins = repository.pulls.filter(
      (other) =>
        other !== pull &&
        other.head === pull.head &&
        other.base === pull.base &&
        (other.state !== 'closed' || (!by.isLate() && other.updatedAt < knowableUntil)),
    );
    if (twins.length > 0)
      this.recordViolation(
        world,
        `a second pull request of ${pull.head}: #${twins[0]?.number}, #${pull.number}`,
      );
  }
}
