import { AppError } from '../../base/app-error.ts';
import { formatRunPrefix } from '../../contract/branch-name.ts';
import type { Verdict } from '../../contract/plan.ts';
import type { TaskSpec } from '../../contract/task.ts';
import { taskSpecSchema } from '../../contract/task.ts';
import { validateGraph } from '../../graph/check/validate-graph.ts';
import type { PlanRepository, PlanState } from '../../plan-state/plan-state.ts';
import { addCondition, isSimple } from '../../plan-state/plan-state.ts';
import {
  createPreflightCondition,
  isBlockingCondition,
  selectRelevantConditions,
} from '../../plan-state/preflight-condition.ts';
import { assessRequest } from '../../planning/assess-request.ts';
import { decomposeRequest } from '../../planning/decompose-request.ts';
import type { Exploration } from '../../planning/explore/exploration.ts';
import { requireUsableFiles } from '../../planning/explore/exploration.ts';
import { exploreRepository } from '../../planning/explore/explore-repository.ts';
import { computeUsage } from '../../planning/price.ts';
import { loadExploration, putExploration, putRevision } from '../../store/plan-store.ts';
import { addUsage } from '../../task-state/task-state.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { buildRevision, requireRevision } from '../revision/revision.ts';
import type { PlannerDeps, PlanningStepResult } from './planner-deps.ts';

// The steps of planning. Each does its work first and answers how the head changes, which is then written over the lease.

const MAX_MODEL_TASKS = 60;

/** Where the work will start, and what would stop it: said before a model is paid. */
export async function runPreflight(
  deps: PlannerDeps,
  plan: PlanState,
): Promise<PlanningStepResult> {
  const repositories: PlanRepository[] = [];
  let noticed: PlanState = plan;
  for (const repository of plan.repositories) {
    const forge = deps.forges[repository.forge];
    const facts = await forge.readRepository(repository.name);
    const base = repository.base || facts.defaultBranch;
    const baseSha = repository.baseSha || (await forge.readBranchHead(repository.name, base));
    if (baseSha === undefined)
      throw new AppError(
        'invalid',
        'base_unknown',
        `repository ${repository.name} has no branch ${base}; choose a base branch that exists`,
      );
    if (!(await forge.hasCommit(repository.name, baseSha)))
      throw new AppError(
        'invalid',
        'commit_unknown',
        `${repository.name} has no commit ${baseSha}; push it first`,
      );
    await requireFreeBranches(deps, plan, repository);
    for (const finding of await forge.runPreflight(repository.name, base, deps.settings.prefix)) {
      const condition = createPreflightCondition(repository.name, finding, deps.clock.now());
      noticed = addCondition(noticed, condition);
    }
    const { cloneUrl, sizeKb } = facts;
    repositories.push({ ...repository, base, baseSha, cloneUrl, sizeKb });
  }
  const conditions = noticed.conditions;
  return { next: 'explore', apply: (state) => ({ ...state, repositories, conditions }) };
}

async function requireFreeBranches(
  deps: EngineDeps,
  plan: PlanState,
  repository: PlanRepository,
): Promise<void> {
  const forge = deps.forges[repository.forge];
  const { prefix } = deps.settings;
  if ((await forge.readBranchHead(repository.name, prefix)) !== undefined) {
    throw new AppError(
      'conflict',
      'branch_clash',
      `${repository.name} has a branch named ${prefix}, so none can be below it; rename it, or set another prefix (BRANCH_PREFIX)`,
    );
  }
  const taken = await forge.listBranches(
    repository.name,
    formatRunPrefix(prefix, plan.id, plan.run),
  );
  if (taken.length > 0)
    throw new AppError(
      'conflict',
      'branch_clash',
      `${repository.name} has ${taken[0]?.name ?? 'a branch'} already; delete it, or restart the plan`,
    );
}

export async function exploreRepositories(
  deps: PlannerDeps,
  plan: PlanState,
): Promise<PlanningStepResult> {
  const explorations: Exploration[] = [];
  const ci: boolean[] = [];
  for (const [index, repository] of plan.repositories.entries()) {
    const exploration = await exploreRepository(deps.forges[repository.forge], {
      name: repository.name,
      sha: repository.baseSha,
    });
    await putExploration(deps.table, plan.id, index, exploration);
    explorations.push(exploration);
    ci.push(await hasWorkflows(deps, repository));
  }
  requireUsableFiles(explorations);
  const repositories = plan.repositories.map((repository, index) =>
    addExploration(repository, explorations[index], ci[index] ?? false),
  );
  return { next: 'assess', apply: (state) => ({ ...state, repositories }) };
}

function addExploration(
  repository: PlanRepository,
  exploration: Exploration | undefined,
  expectsChecks: boolean,
): PlanRepository {
  if (exploration === undefined) return repository;
  const { file, commands } = exploration;
  return {
    ...repository,
    setup: commands.setup,
    verify: commands.verify,
    found: commands.found,
    shared: exploration.shared,
    env: file?.env ?? {},
    strictMerge: file?.strictMerge ?? false,
    expectsChecks,
    notes: file?.prompt ?? '',
    author: file?.author,
    signOff: file?.signOff ?? false,
    titlePattern: file?.title,
    pullTemplate: exploration.pullTemplate,
    resources: file?.resources,
  };
}

/** Where CI is set up, checks come some seconds after the commit: none is not yet green. */
async function hasWorkflows(deps: PlannerDeps, repository: PlanRepository): Promise<boolean> {
  if (repository.forge !== 'github') return false;
  const { name, baseSha } = repository;
  const { entries } = await deps.forges.github.readTree(name, baseSha, 5_000);
  return entries.some((entry) => /^\.github\/workflows\/.+\.ya?ml$/.test(entry.path));
}

async function loadExplorations(deps: EngineDeps, plan: PlanState): Promise<Exploration[]> {
  const found = await Promise.all(
    plan.repositories.map((_, index) => loadExploration<Exploration>(deps.table, plan.id, index)),
  );
  return found.filter((one) => one !== undefined);
}

export async function assessPrompt(
  deps: PlannerDeps,
  plan: PlanState,
): Promise<PlanningStepResult> {
  if (plan.submitted)
    return {
      next: 'decompose',
      apply: (state) => ({ ...state, verdict: buildPersonVerdict('complex', 'graph') }),
    };
  const forced = plan.options.interactive ? 'simple' : plan.options.complexity;
  if (forced !== 'auto')
    return {
      next: 'decompose',
      apply: (state) => ({ ...state, verdict: buildPersonVerdict(forced, 'person') }),
    };
  const explorations = await loadExplorations(deps, plan);
  const { verdict, usage } = await assessRequest(deps.llm, { prompt: plan.prompt, explorations });
  return {
    next: 'decompose',
    apply: (state) => ({
      ...state,
      verdict: { ...verdict, source: 'model' },
      usage: addUsage(state.usage, computeUsage(usage, deps.settings.prices)),
    }),
  };
}

function buildPersonVerdict(
  complexity: Verdict['complexity'],
  source: 'person' | 'graph',
): Verdict {
  const reasoning = source === 'graph' ? 'A graph was handed in.' : 'A person said so.';
  return { complexity, reasoning, confidence: 1, estimatedTasks: 1, suggestion: '', source };
}

export async function decomposePrompt(
  deps: PlannerDeps,
  plan: PlanState,
): Promise<PlanningStepResult> {
  if (plan.submitted)
    return putFirstRevision(deps, plan, (await requireRevision(deps, plan, 1)).tasks, {});
  if (isSimple(plan)) return putFirstRevision(deps, plan, [buildSimpleTask(plan)], {});
  const explorations = await loadExplorations(deps, plan);
  const repositories = plan.repositories.map((one) => one.name);
  const verdict = plan.verdict ?? buildPersonVerdict('complex', 'person');
  const input = {
    prompt: plan.prompt,
    explorations,
    verdict,
    repositories,
    shared: plan.repositories.flatMap((one) => one.shared),
  };
  const validate = (tasks: readonly TaskSpec[]) =>
    validateGraph(tasks, { repositories, source: 'model', maxTasks: MAX_MODEL_TASKS });
  const made = await decomposeRequest(deps.llm, input, validate);
  return putFirstRevision(deps, plan, made.tasks, {
    summary: made.summary,
    usage: computeUsage(made.usage, deps.settings.prices),
  });
}

function buildSimpleTask(plan: PlanState): TaskSpec {
  return taskSpecSchema.parse({
    id: 'main',
    title: plan.title.slice(0, 120),
    description: plan.prompt,
    criteria: ['The request is done as it was described.'],
    repo: plan.repositories[0]?.name ?? '',
    interactive: plan.options.interactive,
  });
}

async function putFirstRevision(
  deps: EngineDeps,
  plan: PlanState,
  tasks: readonly TaskSpec[],
  made: { readonly summary?: string; readonly usage?: PlanState['usage'] },
): Promise<PlanningStepResult> {
  const tag = deps.newId();
  const by = plan.submitted ? plan.createdBy : 'planner';
  const revision = buildRevision(deps, plan, tasks, {
    revision: 1,
    by,
    note: plan.submitted ? 'handed in' : 'planned',
  });
  await putRevision(deps.table, plan.id, tag, revision);
  const relevant = (state: PlanState) => selectRelevantConditions(state.conditions, isSimple(plan));
  const blocked = relevant(plan).some(isBlockingCondition);
  const straightOn = (isSimple(plan) || plan.options.autoApprove) && !blocked;
  return {
    next: 'done',
    apply: (state) => ({
      ...state,
      conditions: relevant(state),
      ...(made.summary === undefined ? {} : { summary: made.summary }),
      usage: made.usage === undefined ? state.usage : addUsage(state.usage, made.usage),
      status: straightOn ? 'activating' : 'pending_approval',
      revision: 1,
      revisionTags: [tag],
      approved: straightOn ? 1 : undefined,
      forecast: revision.forecast,
    }),
  };
}
