import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { AttemptKey, TaskKey } from '../../../core/contract/id.ts';
import { parseAttemptId } from '../../../core/contract/id.ts';
import type { AttemptKind } from '../../../core/contract/task.ts';
import type { PodSpec } from '../../../core/port/launcher.ts';
import type { By, SimPull, SimRepository } from '../forge/forge-state.ts';
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
  readBranch,
  shortenSha,
  TAKEN_OVER_MS,
} from './names.ts';
import { judgePod } from './pod-rules.ts';

// What must never be seen from outside: in the forge's branches and merges, in what the launcher is asked for, in what
// clients are answered. Nothing in here looks into the engine's store.

/** What the plan's author knows of it. */
export type KnownTask = {
  readonly id: string;
  readonly repo: string;
  readonly dependsOn: string[];
  readonly scope: string[];
};
export type KnownPlan = {
  readonly id: string;
  readonly isSimple: boolean;
  /** A person approves each merge. */
  readonly needsReview: boolean;
  readonly isStrict: boolean;
  readonly maxParallel: number | undefined;
  /** Of the run that began last. */
  tasks: KnownTask[];
  readonly ends: { readonly id: string; readonly repo: string }[];
};

export type Evidence = {
  readonly commit: string;
  readonly root: string;
  readonly empty: boolean;
  readonly by: AttemptKey;
};
export type Move = {
  readonly branch: string;
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly by: By['kind'];
};

/** Within which nobody can know what another has done. */
const JUST_NOW_MS = 10_000;

export class Judge {
  readonly violations: string[] = [];
  readonly knownPlans = new Map<string, KnownPlan>();
  /** Asked for, and not yet answered to be gone: by pod name. */
  readonly requestedPods = new Map<string, PodSpec>();
  /** Answered to be gone at least once, and when last. */
  readonly podGoneAt = new Map<string, number>();
  /** By task: the newest attempt that a pod was asked for. */
  readonly newestAttempts = new Map<string, number>();
  readonly evidence: Evidence[] = [];
  /** Commits that may be merged: reported by an attempt in its time, or pushed by a person. */
  readonly mergeableCommits = new Set<string>();
  /** By task: commits that its branch has had. */
  readonly headsByTask = new Map<string, Set<string>>();
  /** Of root and task branches. */
  readonly moves: Move[] = [];
  /** Made by a worker that had stood still, perhaps after their time: by repository and name. */
  readonly lateBranches = new Set<string>();
  /** What the last merge came to, whoever made it. */
  lastMerge: string | undefined;
  readonly mergesByTask = new Map<string, number>();
  /** Pull requests that a person opened again: theirs to close. */
  readonly reopenedPulls = new Set<string>();
  /** By task: the last that was told to work on it or to repair it. */
  readonly changingAttempts = new Map<
    string,
    { readonly n: number; readonly pod: string; readonly since: number }
  >();
  /** Attempts that the launcher gave no pod. */
  readonly refusedAttempts = new Set<string>();
  /** Result calls that were made in time, by attempt. */
  readonly timelyReports = new Set<string>();
  readonly commitments = new Commitments();

  recordViolation(world: World, what: string): void {
    world.recordHistory(`VIOLATION ${what}`);
    this.violations.push(what);
  }

  /** `isLate`: whoever asks has stood still since it looked. */
  recordPodRequest(world: World, spec: PodSpec, isLate: boolean): void {
    const key = parseAttemptId(spec.attemptId);
    if (key === undefined) {
      this.recordViolation(world, `a pod for ${spec.attemptId}`);
      return;
    }
    const task = formatTaskId(key);
    const known = this.newestAttempts.get(task) ?? 0;
    // Asked for again after it was answered to be gone: a late call, whose pod is swept; it is no attempt of its own.
    const goneAt = this.podGoneAt.get(spec.name);
    if (goneAt !== undefined) {
      if (!isLate && world.loop.now - goneAt > JUST_NOW_MS)
        this.recordViolation(
          world,
          `a pod for ${spec.attemptId} is asked for again, which is over`,
        );
      return;
    }
    if (key.n > known) judgeNewPod(this, world, key, known);
    this.newestAttempts.set(task, Math.max(known, key.n));
    this.requestedPods.set(spec.name, spec);
    judgePod(this, world, key, spec);
  }

  /** It never was: nobody lost it. */
  recordPodRefusal({ attemptId }: PodSpec): void {
    this.refusedAttempts.add(attemptId);
  }

  recordPodGone(world: World, name: string): void {
    this.requestedPods.delete(name);
    this.podGoneAt.set(name, world.loop.now);
  }

  isStale(key: AttemptKey): boolean {
    return (this.newestAttempts.get(formatTaskId(key)) ?? 0) > key.n;
  }

  /** A bridge has its assignment. */
  recordStart(world: World, key: AttemptKey, kind: AttemptKind, pod: string): void {
    if (kind !== 'verify')
      this.changingAttempts.set(formatTaskId(key), { n: key.n, pod, since: world.loop.now });
  }

  /** The attempt that has been changing a task's commit for so long that a merge of the old one is no coincidence. */
  findChangingAttempt(world: World, key: TaskKey): number | undefined {
    const mending = this.changingAttempts.get(formatTaskId(key));
    if (mending === undefined || !this.requestedPods.has(mending.pod)) return undefined;
    if (world.loop.now - mending.since < TAKEN_OVER_MS) return undefined;
    if (this.timelyReports.has(formatAttemptName({ ...key, n: mending.n }))) return undefined;
    return this.isStale({ ...key, n: mending.n }) ? undefined : mending.n;
  }

  /** Who closes it ends what mends it: a retry goes on with what was accepted before. */
  #clearChangingAttempt(branch: string): void {
    const at = readBranch(branch);
    if (at?.kind === 'task') this.changingAttempts.delete(formatTaskId(at));
  }

  /** A bridge's result was answered with success. */
  recordAcceptedResult(
    world: World,
    key: AttemptKey,
    kind: AttemptKind,
    result: AttemptResult,
  ): void {
    this.commitments.recordAcceptedResult(key, kind, result);
    if (kind === 'repair' && result.outcome === 'done') judgeRepair(this, world, key);
    if (!this.timelyReports.has(formatAttemptName(key)))
      this.recordViolation(
        world,
        `a late result of ${formatAttemptName(key)} was answered as accepted`,
      );
  }

  /** A bridge whose result had been accepted asked again, since it had no answer, and was refused. */
  recordRefusedRepeat(world: World, key: AttemptKey): void {
    if (!this.isStale(key))
      this.recordViolation(
        world,
        `${formatAttemptName(key)} was refused when it repeated its accepted result`,
      );
  }

  /** A bridge is about to report. */
  recordReport(key: AttemptKey, kind: AttemptKind, result: AttemptResult): void {
    this.commitments.recordReport(key, kind, result);
    if (this.isStale(key)) return;
    this.timelyReports.add(formatAttemptName(key));
    if (result.outcome !== 'done') return;
    const { commit, evidence } = result;
    this.evidence.push({ commit, root: evidence.root, empty: evidence.empty, by: key });
    this.mergeableCommits.add(commit);
  }

  /** Where a root branch was before it was cleaned up. */
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
      pullChanged: (repository, pull, what, by) => {
        world.recordHistory(`${repository.name}#${pull.number} ${what} by ${by.kind}`);
        const name = `${repository.name}#${pull.number}`;
        // Opened again or brought back by a person, it is theirs to close.
        const isTheirs = what === 'open' || what.startsWith('goes to smol-gang/');
        if (isTheirs && by.kind === 'person') {
          this.reopenedPulls.add(name);
          this.commitments.recordOrder(world);
        }
        this.commitments.recordPullActivity(pull.head, by);
        if (what === 'closed' && by.kind === 'person') this.#clearChangingAttempt(pull.head);
        if (what === 'ready' && by.kind === 'engine') judgeReady(this, world, repository, pull, by);
        world.sendWebhook(repository.name, pull.head, pull.number);
      },
      reviewed: (pull, state) => {
        const at = readBranch(pull.head);
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
    const at = readBranch(branch);
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

  #recordHead(at: Branch & { readonly kind: 'task' }, to: string, by: By): void {
    const id = formatTaskId(at);
    const heads = this.headsByTask.get(id) ?? new Set();
    heads.add(to);
    this.headsByTask.set(id, heads);
    if (by.kind !== 'person') return;
    this.commitments.resetRetryCounts(id);
    this.mergeableCommits.add(to);
    this.commitments.pushedCommits.set(id, [...(this.commitments.pushedCommits.get(id) ?? []), to]);
  }

  #judgeOpenedPull(world: World, repository: SimRepository, pull: SimPull, by: By): void {
    if (by.kind !== 'engine') return;
    if (!pull.draft) judgeReady(this, world, repository, pull, by);
    // Whoever looked before, or stood still since, cannot know of one that was opened and closed in the meantime.
    const known = world.loop.now - JUST_NOW_MS;
    const twins = repository.pulls.filter(
      (other) =>
        other !== pull &&
        other.head === pull.head &&
        other.base === pull.base &&
        (other.state !== 'closed' || (!by.isLate() && other.updatedAt < known)),
    );
    if (twins.length > 0)
      this.recordViolation(
        world,
        `a second pull request of ${pull.head}: #${twins[0]?.number}, #${pull.number}`,
      );
  }
}
