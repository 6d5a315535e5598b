import type { Verdict } from '../../contract/plan.ts';
import { type TaskSpec, taskSpecSchema } from '../../contract/task.ts';
import { AppError } from '../../error.ts';
import { validateGraph } from '../../graph/validate.ts';
import { runPrefix } from '../../lifecycle/branch.ts';
import {
  isSimple,
  type PlanRepository,
  type PlanState,
  withNotice,
} from '../../lifecycle/plan-state.ts';
import { assess } from '../../plan/assess.ts';
import { decompose } from '../../plan/decompose.ts';
import { type Exploration, requireUsableFiles } from '../../plan/exploration.ts';
import { exploreRepository } from '../../plan/explore.ts';
import { isBlocking, preflightNotice, relevantNotices } from '../../plan/preflight.ts';
import { toUsage } from '../../plan/price.ts';
import { loadExploration, putExploration, putRevision } from '../../store/plan-store.ts';
import { addUsage } from '../../task/state.ts';
import type { EngineDeps } from '../deps.ts';
import type { PlannerDeps, StepResult } from './planner-deps.ts';
import { makeRevision, requireRevision } from './revision.ts';

// The steps of planning. Each does its work first and answers how the head changes, which is then written over the lease.

const MAX_MODEL_TASKS = 60;

/** Where the work will start, and what would stop it: said before a model is paid. */
export async function preflightStep(deps: PlannerDeps, plan: PlanState): Promise<StepResult> {
  const repositories: PlanRepository[] = [];
  let noticed: PlanState = plan;
  for (const repository of plan.repositories) {
    const forge = deps.forges[repository.forge];
    const facts = await forge.repository(repository.name);
    const base = repository.base || facts.defaultBranch;
    const baseSha = repository.baseSha || (await forge.branchHead(repository.name, base));
    if (baseSha === undefined)
      throw new AppError(
        'invalid',
        'base_unknown',
        `${repository.name} has no branch ${base}; name another one with --base`,
      );
    if (!(await forge.hasCommit(repository.name, baseSha)))
      throw new AppError(
        'invalid',
        'commit_unknown',
        `${repository.name} has no commit ${baseSha}; push it first`,
      );
    await requireFreeBranches(deps, plan, repository);
    for (const finding of await forge.preflight(repository.name, base, deps.settings.prefix)) {
      const notice = preflightNotice(repository.name, finding, deps.clock.now());
      noticed = withNotice(noticed, notice);
    }
    const { cloneUrl, sizeKb } = facts;
    repositories.push({ ...repository, base, baseSha, cloneUrl, sizeKb });
  }
  const notices = noticed.notices;
  return { next: 'explore', apply: (state) => ({ ...state, repositories, notices }) };
}

async function requireFreeBranches(
  deps: EngineDeps,
  plan: PlanState,
  repository: PlanRepository,
): Promise<void> {
  const forge = deps.forges[repository.forge];
  const { prefix } = deps.settings;
  if ((await forge.branchHead(repository.name, prefix)) !== undefined) {
    throw new AppError(
      'conflict',
      'branch_clash',
      `${repository.name} has a branch named ${prefix}, so none can be below it; rename it, or set another prefix (BRANCH_PREFIX)`,
    );
  }
  const taken = await forge.listBranches(repository.name, runPrefix(prefix, plan.id, plan.run));
  if (taken.length > 0)
    throw new AppError(
      'conflict',
      'branch_clash',
      `${repository.name} has ${taken[0]?.name ?? 'a branch'} already; delete it, or restart the plan`,
    );
}

export async function exploreStep(deps: PlannerDeps, plan: PlanState): Promise<StepResult> {
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
    withExploration(repository, explorations[index], ci[index] ?? false),
  );
  return { next: 'assess', apply: (state) => ({ ...state, repositories }) };
}

function withExploration(
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
  const { entries } = await deps.forges.github.tree(name, baseSha, 5_000);
  return entries.some((entry) => /^\.github\/workflows\/.+\.ya?ml$/.test(entry.path));
}

async function loadExplorations(deps: EngineDeps, plan: PlanState): Promise<Exploration[]> {
  const found = await Promise.all(
    plan.repositories.map((_, index) => loadExploration<Exploration>(deps.table, plan.id, index)),
  );
  return found.filter((one) => one !== undefined);
}

export async function assessStep(deps: PlannerDeps, plan: PlanState): Promise<StepResult> {
  if (plan.submitted)
    return {
      next: 'decompose',
      apply: (state) => ({ ...state, verdict: personVerdict('complex', 'graph') }),
    };
  const forced = plan.options.interactive ? 'simple' : plan.options.complexity;
  if (forced !== 'auto')
    return {
      next: 'decompose',
      apply: (state) => ({ ...state, verdict: personVerdict(forced, 'person') }),
    };
  const explorations = await loadExplorations(deps, plan);
  const { verdict, usage } = await assess(deps.llm, { prompt: plan.prompt, explorations });
  return {
    next: 'decompose',
    apply: (state) => ({
      ...state,
      verdict: { ...verdict, source: 'model' },
      usage: addUsage(state.usage, toUsage(usage, deps.settings.prices)),
    }),
  };
}

function personVerdict(complexity: Verdict['complexity'], source: 'person' | 'graph'): Verdict {
  const reasoning = source === 'graph' ? 'A graph was handed in.' : 'A person said so.';
  return { complexity, reasoning, confidence: 1, estimatedTasks: 1, suggestion: '', source };
}

export async function decomposeStep(deps: PlannerDeps, plan: PlanState): Promise<StepResult> {
  if (plan.submitted)
    return writeFirst(deps, plan, (await requireRevision(deps, plan, 1)).tasks, {});
  if (isSimple(plan)) return writeFirst(deps, plan, [simpleTask(plan)], {});
  const explorations = await loadExplorations(deps, plan);
  const repositories = plan.repositories.map((one) => one.name);
  const verdict = plan.verdict ?? personVerdict('complex', 'person');
  const input = {
    prompt: plan.prompt,
    explorations,
    verdict,
    repositories,
    shared: plan.repositories.flatMap((one) => one.shared),
  };
  const validate = (tasks: readonly TaskSpec[]) =>
    validateGraph(tasks, { repositories, source: 'model', maxTasks: MAX_MODEL_TASKS });
  const made = await decompose(deps.llm, input, validate);
  return writeFirst(deps, plan, made.tasks, {
    summary: made.summary,
    usage: toUsage(made.usage, deps.settings.prices),
  });
}

function simpleTask(plan: PlanState): TaskSpec {
  return taskSpecSchema.parse({
    id: 'main',
    title: plan.title.slice(0, 120),
    description: plan.prompt,
    criteria: ['The request is done as it was described.'],
    repo: plan.repositories[0]?.name ?? '',
    interactive: plan.options.interactive,
  });
}

async function writeFirst(
  deps: EngineDeps,
  plan: PlanState,
  tasks: readonly TaskSpec[],
  made: { summary?: string; usage?: PlanState['usage'] },
): Promise<StepResult> {
  const tag = deps.newId();
  const by = plan.submitted ? plan.createdBy : 'planner';
  const revision = makeRevision(deps, plan, tasks, {
    revision: 1,
    by,
    note: plan.submitted ? 'handed in' : 'planned',
  });
  await putRevision(deps.table, plan.id, tag, revision);
  const relevant = (state: PlanState) => relevantNotices(state.notices, isSimple(plan));
  const blocked = relevant(plan).some(isBlocking);
  const straightOn = (isSimple(plan) || plan.options.autoApprove) && !blocked;
  return {
    next: 'done',
    apply: (state) => ({
      ...state,
      notices: relevant(state),
      ...(made.summary === undefined ? {} : { summary: made.summary }),
      usage: made.usage === undefined ? state.usage : addUsage(state.usage, made.usage),
      status: straightOn ? 'activating' : 'pending_approval',
      revision: 1,
      tags: [tag],
      approved: straightOn ? 1 : undefined,
      forecast: revision.forecast,
    }),
  };
}
