import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { AttemptKey } from '../../../core/contract/id.ts';
import type { PlanView } from '../../../core/contract/plan.ts';
import type { World } from '../world.ts';
import type { KnownPlan } from './judge.ts';
import { formatAttemptName, parseBranch, shortenSha } from './names.ts';

// Rules for base commits: no task starts before a bridge has verified the base commit of its plan, unless a person continues or the
// check could not run.

/** Id of the only task of a base check. */
const BASE_TASK = 'base';

export function isBaseCheck(key: { readonly task: string }): boolean {
  return key.task === BASE_TASK;
}

export class BaseRules {
  /** By `<repository> <commit>`: verdicts that bridges reported. */
  readonly #verdicts = new Map<string, Set<'green' | 'red'>>();
  /** By `<repository> <plan> <run>`: commit at which the engine created the root branch. */
  readonly #rootBases = new Map<string, string>();
  /** Plans that a person continued, or submitted with the permission to start on a red base. */
  readonly #continuedPlans = new Set<string>();
  /** By plan: base commits that a person saw when the confirmed decision to continue was made. */
  readonly #confirmedCommits = new Map<string, readonly string[]>();
  /** By repository: highest number of an attempt in a single run of a check. */
  readonly #checkAttempts = new Map<string, number>();

  recordContinuation(plan: string): void {
    this.#continuedPlans.add(plan);
  }

  /** Records that the engine confirmed the decision to continue on the base commits of the view. */
  recordConfirmation({ id, base }: PlanView): void {
    this.#confirmedCommits.set(
      id,
      base.map(({ commit }) => commit),
    );
  }

  recordCheckPod(repo: string, { attemptNumber }: AttemptKey): void {
    const known = this.#checkAttempts.get(repo) ?? 0;
    this.#checkAttempts.set(repo, Math.max(known, attemptNumber));
  }

  /** Records the report of a bridge that verified a base commit, before the bridge sends the report. */
  recordReport(repo: string, commit: string, result: AttemptResult): void {
    const isRed = result.outcome === 'failed' && result.cause === 'verify_red';
    if (result.outcome === 'failed' && !isRed) return;
    const key = `${repo} ${commit}`;
    const verdicts = this.#verdicts.get(key) ?? new Set();
    this.#verdicts.set(key, verdicts.add(isRed ? 'red' : 'green'));
  }

  recordBranchCreation(repo: string, branch: string, commit: string): void {
    const owned = parseBranch(branch);
    if (owned?.kind !== 'root') return;
    const key = `${repo} ${owned.plan} ${owned.run}`;
    if (!this.#rootBases.has(key)) this.#rootBases.set(key, commit);
  }

  /** Judges the start of a work attempt. `root`: the commit at which the work of a simple plan starts. */
  judgeStart(
    world: World,
    key: AttemptKey,
    { repo, root }: { readonly repo: string; readonly root: string },
  ): void {
    const plan = world.judge.knownPlans.get(key.plan);
    if (plan === undefined || this.#continuedPlans.has(plan.id)) return;
    for (const base of this.#listBases(plan, key, { repo, commit: root })) {
      if (this.#isVerified(world, base)) continue;
      world.judge.recordViolation(
        world,
        `attempt ${formatAttemptName(key)} began although the base commit ${shortenSha(base.commit)} of ${base.repo} is not verified`,
      );
    }
  }

  #listBases(
    plan: KnownPlan,
    { run }: AttemptKey,
    start: { readonly repo: string; readonly commit: string },
  ): { readonly repo: string; readonly commit: string }[] {
    if (plan.isSimple) return [start];
    return plan.endNodes.flatMap(({ repo }) => {
      const commit = this.#rootBases.get(`${repo} ${plan.id} ${run}`);
      return commit === undefined ? [] : [{ repo, commit }];
    });
  }

  #isVerified(world: World, base: { readonly repo: string; readonly commit: string }): boolean {
    const { graph } = world.forge.getRepository(base.repo);
    const hasCommands = graph.get(base.commit).files.has('.smol-gang.yaml');
    if (!hasCommands || this.#hasVerdict(base, 'green')) return true;
    // A check without a verdict is given up after too many lost or failed attempts.
    const { maxRetries, maxLostAttempts } = world.settings.bounds;
    return (this.#checkAttempts.get(base.repo) ?? 0) > Math.min(maxRetries, maxLostAttempts);
  }

  #hasVerdict(
    { repo, commit }: { readonly repo: string; readonly commit: string },
    verdict: 'green' | 'red',
  ): boolean {
    return this.#verdicts.get(`${repo} ${commit}`)?.has(verdict) === true;
  }

  /** Judges what a client reads about base commits: each result needs a report about exactly this commit. */
  judgeView(world: World, { id, base, waiting }: PlanView): void {
    for (const item of waiting)
      if (item.kind === 'base_red' && this.#confirmedCommits.get(id)?.includes(item.commit))
        world.judge.recordViolation(
          world,
          `plan ${id} waits for a decision about the base commit ${shortenSha(item.commit)}, although a person continued on this commit`,
        );
    for (const { repo, commit, status } of base) {
      if (status !== 'green' && status !== 'red') continue;
      if (this.#hasVerdict({ repo, commit }, status)) continue;
      world.judge.recordViolation(
        world,
        `plan ${id} shows the base commit ${shortenSha(commit)} of ${repo} as ${status}, but no bridge reported this result`,
      );
    }
  }
}
