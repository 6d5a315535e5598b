import type { AttemptResult } from '../../../core/contract/attempt.ts';
import { type AttemptKey, parseAttemptId, type TaskKey } from '../../../core/contract/id.ts';
import type { AttemptKind } from '../../../core/contract/task.ts';
import type { PodSpec } from '../../../core/port/launcher.ts';
import type { By, SimPull, SimRepository } from '../forge/forge-state.ts';
import type { ForgeWitness } from '../forge/witness.ts';
import type { World } from '../world.ts';
import { judgeNewPod, judgeRepair } from './attempt-rules.ts';
import { type BranchMove, judgeBranchMove } from './branch-rules.ts';
import { Commitments } from './commitments.ts';
import { judgeMerge, judgeReady } from './merge-rules.ts';
import {
  attemptName,
  type Branch,
  readBranch,
  rootName,
  short,
  TAKEN_OVER_MS,
  taskId,
} from './names.ts';
import { judgePod } from './pod-rules.ts';

// What must never be seen from outside: in the forge's branches and merges, in what the launcher is asked for, in what
// clients are answered. Nothing in here looks into the engine's store.

/** What the plan's author knows of it. */
export type KnownTask = { id: string; repo: string; dependsOn: string[]; scope: string[] };
export type KnownPlan = {
  id: string;
  simple: boolean;
  /** A person approves each merge. */
  review: boolean;
  strict: boolean;
  maxParallel: number | undefined;
  /** Of the run that began last. */
  tasks: KnownTask[];
  ends: { id: string; repo: string }[];
};

export type Evidence = { commit: string; root: string; empty: boolean; by: AttemptKey };
export type Move = { branch: string; at: number; from: string; to: string; by: By['kind'] };

/** Within which nobody can know what another has done. */
const JUST_NOW_MS = 10_000;

export class Judge {
  readonly violations: string[] = [];
  readonly plans = new Map<string, KnownPlan>();
  /** Asked for, and not yet answered to be gone: by pod name. */
  readonly pods = new Map<string, PodSpec>();
  /** Answered to be gone at least once, and when last. */
  readonly gone = new Map<string, number>();
  /** By task: the newest attempt that a pod was asked for. */
  readonly newest = new Map<string, number>();
  readonly evidence: Evidence[] = [];
  /** Commits that may be merged: reported by an attempt in its time, or pushed by a person. */
  readonly rightful = new Set<string>();
  /** By task: commits that its branch has had. */
  readonly heads = new Map<string, Set<string>>();
  /** Of root and task branches. */
  readonly moves: Move[] = [];
  /** Made by a worker that had stood still, perhaps after their time: by repository and name. */
  readonly lateBranches = new Set<string>();
  /** What the last merge came to, whoever made it. */
  lastMerge: string | undefined;
  readonly merges = new Map<string, number>();
  /** Pull requests that a person opened again: theirs to close. */
  readonly reopened = new Set<string>();
  /** By task: the last that was told to work on it or to repair it. */
  readonly mending = new Map<string, { n: number; pod: string; since: number }>();
  /** Attempts that the launcher gave no pod. */
  readonly refused = new Set<string>();
  /** Result calls that were made in time, by attempt. */
  readonly timely = new Set<string>();
  readonly commitments = new Commitments();

  fail(world: World, what: string): void {
    world.tell(`VIOLATION ${what}`);
    this.violations.push(what);
  }

  /** `isLate`: whoever asks has stood still since it looked. */
  podRequested(world: World, spec: PodSpec, isLate: boolean): void {
    const key = parseAttemptId(spec.attemptId);
    if (key === undefined) {
      this.fail(world, `a pod for ${spec.attemptId}`);
      return;
    }
    const task = taskId(key);
    const known = this.newest.get(task) ?? 0;
    // Asked for again after it was answered to be gone: a late call, whose pod is swept; it is no attempt of its own.
    const goneAt = this.gone.get(spec.name);
    if (goneAt !== undefined) {
      if (!isLate && world.loop.now - goneAt > JUST_NOW_MS)
        this.fail(world, `a pod for ${spec.attemptId} is asked for again, which is over`);
      return;
    }
    if (key.n > known) judgeNewPod(this, world, key, known);
    this.newest.set(task, Math.max(known, key.n));
    this.pods.set(spec.name, spec);
    judgePod(this, world, key, spec);
  }

  /** It never was: nobody lost it. */
  podRefused({ attemptId }: PodSpec): void {
    this.refused.add(attemptId);
  }

  podGone(world: World, name: string): void {
    this.pods.delete(name);
    this.gone.set(name, world.loop.now);
  }

  isStale(key: AttemptKey): boolean {
    return (this.newest.get(taskId(key)) ?? 0) > key.n;
  }

  /** A bridge has its assignment. */
  started(world: World, key: AttemptKey, kind: AttemptKind, pod: string): void {
    if (kind !== 'verify') this.mending.set(taskId(key), { n: key.n, pod, since: world.loop.now });
  }

  /** The attempt that has been changing a task's commit for so long that a merge of the old one is no coincidence. */
  mender(world: World, key: TaskKey): number | undefined {
    const mending = this.mending.get(taskId(key));
    if (mending === undefined || !this.pods.has(mending.pod)) return undefined;
    if (world.loop.now - mending.since < TAKEN_OVER_MS) return undefined;
    if (this.timely.has(attemptName({ ...key, n: mending.n }))) return undefined;
    return this.isStale({ ...key, n: mending.n }) ? undefined : mending.n;
  }

  /** Who closes it ends what mends it: a retry goes on with what was accepted before. */
  #notMended(branch: string): void {
    const at = readBranch(branch);
    if (at?.kind === 'task') this.mending.delete(taskId(at));
  }

  /** A bridge's result was answered with success. */
  accepted(world: World, key: AttemptKey, kind: AttemptKind, result: AttemptResult): void {
    this.commitments.accepted(key, kind, result);
    if (kind === 'repair' && result.outcome === 'done') judgeRepair(this, world, key);
    if (!this.timely.has(attemptName(key)))
      this.fail(world, `a late result of ${attemptName(key)} was answered as accepted`);
  }

  /** A bridge whose result had been accepted asked again, since it had no answer, and was refused. */
  disowned(world: World, key: AttemptKey): void {
    if (!this.isStale(key))
      this.fail(world, `${attemptName(key)} was refused when it repeated its accepted result`);
  }

  /** A bridge is about to report. */
  reported(key: AttemptKey, kind: AttemptKind, result: AttemptResult): void {
    this.commitments.told(key, kind, result);
    if (this.isStale(key)) return;
    this.timely.add(attemptName(key));
    if (result.outcome !== 'done') return;
    const { commit, evidence } = result;
    this.evidence.push({ commit, root: evidence.root, empty: evidence.empty, by: key });
    this.rightful.add(commit);
  }

  /** Where a root branch was before it was cleaned up. */
  lastRoot(repo: string, plan: string, run: number): string | undefined {
    return this.movesOf(repo, rootName(plan, run)).at(-1)?.to;
  }

  movesOf(repo: string, branch: string): Move[] {
    return this.moves.filter((move) => move.branch === `${repo} ${branch}`);
  }

  forgeWitness(world: World): ForgeWitness {
    return {
      branchMoved: (repository, branch, from, to, by) => {
        world.tell(
          `${repository.name} ${branch}: ${short(from)} -> ${short(to)} by ${by.kind}${by.kind === 'engine' ? `#${by.invocation}` : ''}`,
        );
        this.#noteMove(world, repository, { branch, from, to, by });
        judgeBranchMove(this, world, repository, { branch, from, to, by });
        world.webhook(repository.name, branch, undefined);
      },
      pullOpened: (repository, pull, by) => {
        world.tell(`${repository.name}#${pull.number} opened: ${pull.head} into ${pull.base}`);
        this.#pullOpened(world, repository, pull, by);
        world.webhook(repository.name, pull.head, pull.number);
      },
      pullChanged: (repository, pull, what, by) => {
        world.tell(`${repository.name}#${pull.number} ${what} by ${by.kind}`);
        const name = `${repository.name}#${pull.number}`;
        // Opened again or brought back by a person, it is theirs to close.
        const isTheirs = what === 'open' || what.startsWith('goes to smol-gang/');
        if (isTheirs && by.kind === 'person') {
          this.reopened.add(name);
          this.commitments.ordered(world);
        }
        this.commitments.touched(pull.head, by);
        if (what === 'closed' && by.kind === 'person') this.#notMended(pull.head);
        if (what === 'ready' && by.kind === 'engine') judgeReady(this, world, repository, pull, by);
        world.webhook(repository.name, pull.head, pull.number);
      },
      reviewed: (pull, state) => {
        const at = readBranch(pull.head);
        if (at?.kind !== 'task') return;
        if (state === 'approved') this.commitments.approve(at.plan, at.task);
        else this.commitments.askChanges(at.plan, at.task);
      },
      merged: (repository, pull, merge, by) => {
        world.tell(
          `${repository.name}#${pull.number} merges ${short(merge.commit)} onto ${short(merge.onto)} by ${by.kind}`,
        );
        this.lastMerge = merge.result;
        judgeMerge(this, world, repository, pull, merge, by);
      },
    };
  }

  #noteMove(world: World, repository: SimRepository, { branch, from, to, by }: BranchMove): void {
    const at = readBranch(branch);
    if (at?.kind === 'task' && to !== undefined) this.#noteHead(at, to, by);
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

  #noteHead(at: Branch & { kind: 'task' }, to: string, by: By): void {
    const id = taskId(at);
    const heads = this.heads.get(id) ?? new Set();
    heads.add(to);
    this.heads.set(id, heads);
    if (by.kind !== 'person') return;
    this.commitments.forgive(id);
    this.rightful.add(to);
    this.commitments.pushed.set(id, [...(this.commitments.pushed.get(id) ?? []), to]);
  }

  #pullOpened(world: World, repository: SimRepository, pull: SimPull, by: By): void {
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
      this.fail(
        world,
        `a second pull request of ${pull.head}: #${twins[0]?.number}, #${pull.number}`,
      );
  }
}
