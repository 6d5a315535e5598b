import { AppError } from '../../base/app-error.ts';
import type { Patch } from '../../contract/patch.ts';
import { requirePlanRepository } from '../../plan-state/plan-state.ts';
import type { Forge } from '../../port/forge.ts';
import { requirePlan, requireTask } from '../apply/apply-transition.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { resolveBaseBranch, resolveForge } from '../pull/task-pull.ts';

/** Limit of a patch in an answer, far below the limit of an answer of AWS Lambda. */
const MAX_PATCH_BYTES = 2_000_000;

/** Commits between which a task or a plan has changed files. */
type Range = {
  readonly forge: Forge;
  readonly repo: string;
  readonly base: string;
  readonly head: string;
};
type DiffDeps = Pick<EngineDeps, 'table' | 'forges' | 'settings'>;
/** Changed file with its counts of lines. */
type ChangedFile = {
  readonly path: string;
  readonly status: string;
  readonly additions: number;
  readonly deletions: number;
};

/**
 * Lists the changes of a task: from the commit on which the work is based to the accepted commit. Before a result is accepted, to
 * the last checkpoint; without a checkpoint, returns no files.
 */
export async function readDiff(
  deps: DiffDeps,
  plan: string,
  task: string,
): Promise<{ readonly files: ChangedFile[]; readonly base: string; readonly head: string }> {
  const range = await findTaskRange(deps, plan, task);
  if (range === undefined) return { files: [], base: '', head: '' };
  const { forge, repo, base, head } = range;
  return { files: (await forge.compareCommits(repo, base, head)).files, base, head };
}

/** Reads the changes of a task as a patch. Throws `no_commit` before the first commit of the task. */
export async function readTaskPatch(deps: DiffDeps, plan: string, task: string): Promise<Patch> {
  return readRangePatch(await findTaskRange(deps, plan, task), `task ${task}`);
}

/**
 * Reads the changes of all merged tasks of a plan in one repository as a patch. Throws `no_commit` before the plan has a branch and
 * after the branch is deleted.
 */
export async function readPlanPatch(
  deps: DiffDeps,
  id: string,
  repo: string | undefined,
): Promise<Patch> {
  const { state } = await requirePlan(deps, id);
  const repository = requirePlanRepository(state, repo ?? state.repositories[0]?.name ?? '');
  const forge = deps.forges[repository.forge];
  const branch = state.pulls.find((pull) => pull.repo === repository.name)?.branch;
  const head =
    branch === undefined ? undefined : await forge.readBranchHead(repository.name, branch);
  const range =
    head === undefined
      ? undefined
      : { forge, repo: repository.name, base: repository.baseSha, head };
  return readRangePatch(range, `plan ${id}`);
}

async function findTaskRange(deps: DiffDeps, id: string, task: string): Promise<Range | undefined> {
  const { state } = await requireTask(deps, id, task);
  const head = state.accepted?.commit ?? state.checkpoint;
  if (head === undefined) return undefined;
  const plan = await requirePlan(deps, id);
  const forge = resolveForge(deps, plan.state, state.repo);
  const base =
    state.evidence?.root ??
    (await forge.readBranchHead(state.repo, resolveBaseBranch(deps, plan.state, state))) ??
    requirePlanRepository(plan.state, state.repo).baseSha;
  return { forge, repo: state.repo, base, head };
}

async function readRangePatch(range: Range | undefined, subject: string): Promise<Patch> {
  if (range === undefined)
    throw new AppError('notFound', 'no_commit', `${subject} has no commit to show`);
  const { forge, repo, base, head } = range;
  const { text, truncated } = await forge.readPatch(repo, base, head, MAX_PATCH_BYTES);
  return { repo, base, head, patch: text, truncated };
}
