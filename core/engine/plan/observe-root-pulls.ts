import type { PullProblem } from '../../contract/waiting.ts';
import type { PlanState, RootPull } from '../../plan-state/plan-state.ts';
import { requirePlanRepository } from '../../plan-state/plan-state.ts';
import type { Forge, PullRequest } from '../../port/forge.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { resolveForge } from '../pull/task-pull.ts';

/** Maximum number of files in a conflict. */
const MAX_CONFLICT_FILES = 20;

/** Pull requests of a complete plan as the forge reports them. */
export type RootPullObservation = {
  readonly pulls: RootPull[];
  /** Base branches that were changed at the forge, by repository. */
  readonly changedBases: readonly { readonly repo: string; readonly base: string }[];
  /** True if the forge has not yet computed whether a pull request conflicts with its base branch. */
  readonly isConflictUnknown: boolean;
};

/**
 * Reads the pull requests of a complete plan from the forge, with the problem that prevents each merge. A closed pull request can be
 * reopened as long as its branch exists.
 */
export async function observeRootPulls(
  deps: Pick<EngineDeps, 'forges'>,
  plan: PlanState,
): Promise<RootPullObservation> {
  const hasBranches =
    plan.pulls.some((pull) => pull.state === 'open') ||
    plan.pendingCleanups.some(
      ({ run, isFirstPassDone }) => run === plan.run && isFirstPassDone !== true,
    );
  const pulls: RootPull[] = [];
  const changedBases: { readonly repo: string; readonly base: string }[] = [];
  let isConflictUnknown = false;
  for (const pull of plan.pulls) {
    const mayChange = pull.state === 'open' || (pull.state === 'closed' && hasBranches);
    if (pull.number === undefined || !mayChange) {
      pulls.push(pull);
      continue;
    }
    const forge = resolveForge(deps, plan, pull.repo);
    const current = await forge.readPull(pull.repo, pull.number);
    const problem = await findProblem(forge, pull, current);
    pulls.push({ ...pull, state: current.state, problem });
    if (current.state === 'open' && current.isMergeable === null) isConflictUnknown = true;
    if (current.base !== requirePlanRepository(plan, pull.repo).base)
      changedBases.push({ repo: pull.repo, base: current.base });
  }
  return { pulls, changedBases, isConflictUnknown };
}

/** Finds the reason why a person cannot merge the pull request; undefined if none is known. */
async function findProblem(
  forge: Forge,
  { repo, problem }: RootPull,
  { state, base, headSha, isMergeable }: PullRequest,
): Promise<PullProblem | undefined> {
  if (state === 'merged') return undefined;
  const baseSha = await forge.readBranchHead(repo, base);
  if (baseSha === undefined) return { kind: 'base_missing', base };
  if (state === 'closed' || isMergeable === true) return undefined;
  if (problem?.kind === 'conflict') return problem;
  if (isMergeable === null) return undefined;
  const [inBase, inHead] = await Promise.all([
    forge.compareCommits(repo, headSha, baseSha),
    forge.compareCommits(repo, baseSha, headSha),
  ]);
  const changedInBase = new Set(inBase.files.map(({ path }) => path));
  const files = inHead.files.map(({ path }) => path).filter((path) => changedInBase.has(path));
  return { kind: 'conflict', files: files.slice(0, MAX_CONFLICT_FILES) };
}

/** Returns true if both pull requests have the same state and problem. */
export function isSamePullState(a: RootPull | undefined, b: RootPull | undefined): boolean {
  return a?.state === b?.state && JSON.stringify(a?.problem) === JSON.stringify(b?.problem);
}
