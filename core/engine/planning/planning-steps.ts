import { AppError } from '../../base/app-error.ts';
import { formatRunPrefix } from '../../contract/id.ts';
import type { Condition, Verdict } from '../../contract/plan.ts';
import type { TaskSpec } from '../../contract/task.ts';
import { taskSpecSchema } from '../../contract/task.ts';
import { validateGraph } from '../../graph/check/validate-graph.ts';
import type { PlanEvent } from '../../plan-state/plan-event.ts';
import type { PlanRepository, PlanState } from '../../plan-state/plan-state.ts';
import { isSimple } from '../../plan-state/plan-state.ts';
import { createPreflightCondition } from '../../plan-state/preflight-condition.ts';
import { assessRequest } from '../../planning/assess-request.ts';
import { decomposeRequest } from '../../planning/decompose-request.ts';
import type { Exploration } from '../../planning/explore/exploration.ts';
import { requireValidRepositoryFiles } from '../../planning/explore/exploration.ts';
import { exploreRepository } from '../../planning/explore/explore-repository.ts';
import { computeUsage } from '../../planning/price.ts';
import type { Llm } from '../../port/llm.ts';
import { loadExploration, putExploration, putRevision } from '../../store/plan-store.ts';
import { requestBaseChecks } from '../base-check/base-check.ts';
import type { EngineDeps, ForgeDeps, PlanWriteDeps, StoreDeps } from '../engine-deps.ts';
import { buildRevision, requireRevision } from '../revision/revision.ts';

// The steps of planning. Each step returns the event that records its result.

/** Ports of the planner. */
export type PlannerDeps = ForgeDeps & {
  readonly llm: Llm;
  /** Calls `renewLease` at intervals, so that a long step keeps its lease. The returned function stops the calls. */
  readonly keepAlive?: (renewLease: () => void) => () => void;
};

/** Step of planning; returns the event that records the result. */
export type PlanningStep = (deps: PlannerDeps, plan: PlanState) => Promise<PlanEvent>;

const MAX_TITLE_CHARS = 120;
/** Maximum number of tree entries in which CI workflow files are searched. */
const MAX_TREE_ENTRIES = 5_000;

/**
 * Resolves the base commits and checks the rules of the forge before the first call of the model, because such calls cost money.
 */
export async function runPreflight(
  deps: Pick<EngineDeps, 'forges' | 'clock' | 'settings'>,
  plan: PlanState,
): Promise<PlanEvent> {
  const repositories: PlanRepository[] = [];
  const conditions: Condition[] = [];
  for (const repository of plan.repositories) {
    const resolved = await resolveBase(deps, repository);
    await requireFreeBranches(deps, plan, repository);
    const findings = await deps.forges[repository.forge].runPreflight(
      repository.name,
      resolved.base,
      deps.settings.prefix,
    );
    for (const finding of findings)
      conditions.push(createPreflightCondition(repository.name, finding, deps.clock.now()));
    repositories.push(resolved);
  }
  return { type: 'preflight_done', repositories, conditions };
}

/** Throws `base_unknown` or `commit_unknown` when the repository does not have the requested base. */
async function resolveBase(
  deps: Pick<EngineDeps, 'forges'>,
  repository: PlanRepository,
): Promise<PlanRepository> {
  const { name } = repository;
  const forge = deps.forges[repository.forge];
  const { defaultBranch, cloneUrl, sizeKb } = await forge.readRepository(name);
  const base = repository.base || defaultBranch;
  const baseSha = repository.baseSha || (await forge.readBranchHead(name, base));
  if (baseSha === undefined)
    throw new AppError(
      'invalid',
      'base_unknown',
      `repository ${name} has no branch ${base}; choose a base branch that exists`,
    );
  if (!(await forge.hasCommit(name, baseSha)))
    throw new AppError(
      'invalid',
      'commit_unknown',
      `repository ${name} has no commit ${baseSha}; push the commit first`,
    );
  return { ...repository, base, baseSha, cloneUrl, sizeKb };
}

/** Throws `branch_clash` if the repository has a branch of this run, or a branch named like the prefix of all smol-gang branches. */
async function requireFreeBranches(
  deps: Pick<EngineDeps, 'forges' | 'settings'>,
  plan: PlanState,
  repository: PlanRepository,
): Promise<void> {
  const forge = deps.forges[repository.forge];
  const { prefix } = deps.settings;
  if ((await forge.readBranchHead(repository.name, prefix)) !== undefined) {
    throw new AppError(
      'conflict',
      'branch_clash',
      `repository ${repository.name} has a branch named ${prefix}, so git cannot create branches below that name; rename the branch, or set another prefix (BRANCH_PREFIX)`,
    );
  }
  const existing = await forge.listBranches(
    repository.name,
    formatRunPrefix(prefix, plan.id, plan.run),
  );
  if (existing.length > 0)
    throw new AppError(
      'conflict',
      'branch_clash',
      `repository ${repository.name} already has the branch ${existing[0]?.name ?? ''}; delete the branch, or restart the plan`,
    );
}

/**
 * Explores all repositories at their base commits, stores the results and starts the checks of the base commits, which run beside the
 * next planning steps.
 */
export async function exploreRepositories(
  deps: PlanWriteDeps & Pick<EngineDeps, 'forges'>,
  plan: PlanState,
): Promise<PlanEvent> {
  const explorations: Exploration[] = [];
  const expectsChecks: boolean[] = [];
  for (const [index, repository] of plan.repositories.entries()) {
    const exploration = await exploreRepository(deps.forges[repository.forge], {
      name: repository.name,
      sha: repository.baseSha,
    });
    await putExploration(deps.table, plan.id, index, exploration);
    explorations.push(exploration);
    expectsChecks.push(await hasWorkflows(deps, repository));
  }
  requireValidRepositoryFiles(explorations);
  const repositories = plan.repositories.map((repository, index) =>
    addExploration(repository, explorations[index], expectsChecks[index] ?? false),
  );
  const base = await requestBaseChecks(deps, plan.id, repositories);
  const conditions = listConditions(explorations, deps.clock.now());
  return { type: 'explored', repositories, base, conditions };
}

/** Returns the facts about the repositories that can prevent the success of a plan. */
function listConditions(explorations: readonly Exploration[], at: number): Condition[] {
  const folders = explorations.flatMap(({ repo, submodules = [] }) =>
    submodules.map((path) => `${repo} ${path}`),
  );
  if (folders.length === 0) return [];
  const message = `submodules are not fetched, so these folders are empty for agents, set-up and verify: ${folders.join(', ')}`;
  return [{ level: 'warning', code: 'submodules', message, at }];
}

function addExploration(
  repository: PlanRepository,
  exploration: Exploration | undefined,
  expectsChecks: boolean,
): PlanRepository {
  if (exploration === undefined) return repository;
  const { config, commands } = exploration;
  return {
    ...repository,
    setup: commands.setup,
    verify: commands.verify,
    commandsDescription: commands.description,
    shared: exploration.shared,
    env: config?.env ?? {},
    strictMerge: config?.strictMerge ?? false,
    expectsChecks,
    agentInstructions: config?.prompt ?? '',
    author: config?.author,
    signOff: config?.signOff ?? false,
    titlePattern: config?.title,
    pullTemplate: exploration.pullTemplate,
    resources: config?.resources,
  };
}

/** Returns true if the repository has CI workflows. Checks of CI appear late, so a new commit without checks is not green yet. */
async function hasWorkflows(
  deps: Pick<EngineDeps, 'forges'>,
  repository: PlanRepository,
): Promise<boolean> {
  const { name, baseSha } = repository;
  const forge = deps.forges[repository.forge];
  const { workflowFiles } = forge;
  if (workflowFiles === undefined) return false;
  const { entries } = await forge.readTree(name, baseSha, MAX_TREE_ENTRIES);
  return entries.some((entry) => workflowFiles.test(entry.path));
}

async function loadExplorations(deps: StoreDeps, plan: PlanState): Promise<Exploration[]> {
  const explorations = await Promise.all(
    plan.repositories.map((_, index) => loadExploration<Exploration>(deps.table, plan.id, index)),
  );
  return explorations.filter((exploration) => exploration !== undefined);
}

/** Asks a model whether the request is simple, unless a person has already decided. */
export async function assessPrompt(
  deps: Pick<PlannerDeps, 'table' | 'llm' | 'settings'>,
  plan: PlanState,
): Promise<PlanEvent> {
  if (plan.hasSubmittedGraph)
    return { type: 'assessed', verdict: buildPersonVerdict('complex', 'graph') };
  const requested = plan.options.interactive ? 'simple' : plan.options.complexity;
  if (requested !== 'auto')
    return { type: 'assessed', verdict: buildPersonVerdict(requested, 'person') };
  const explorations = await loadExplorations(deps, plan);
  const { verdict, usage } = await assessRequest(deps.llm, { prompt: plan.prompt, explorations });
  return {
    type: 'assessed',
    verdict: { ...verdict, source: 'model' },
    usage: computeUsage(usage, deps.settings.prices),
  };
}

function buildPersonVerdict(
  complexity: Verdict['complexity'],
  source: 'person' | 'graph',
): Verdict {
  const reasoning =
    source === 'graph' ? 'A graph was submitted.' : 'A person chose the complexity.';
  return { complexity, reasoning, confidence: 1, estimatedTasks: 1, suggestion: '', source };
}

/** Stores the first revision of the graph: the submitted graph, a single task for a simple plan, or the graph of a model. */
export async function decomposePrompt(deps: PlannerDeps, plan: PlanState): Promise<PlanEvent> {
  if (plan.hasSubmittedGraph) {
    const { tasks } = await requireRevision(deps, plan, 1);
    return putFirstRevision(deps, plan, tasks, { by: plan.createdBy, note: 'submitted' });
  }
  const origin = { by: 'planner', note: 'planned' };
  if (isSimple(plan)) return putFirstRevision(deps, plan, [buildSimpleTask(plan)], origin);
  const repositories = plan.repositories.map(({ name }) => name);
  const input = {
    prompt: plan.prompt,
    explorations: await loadExplorations(deps, plan),
    verdict: plan.verdict ?? buildPersonVerdict('complex', 'person'),
    repositories,
    shared: plan.repositories.flatMap(({ shared }) => shared),
  };
  const { tasks, summary, usage } = await decomposeRequest(deps.llm, input, validateGraph);
  const event = await putFirstRevision(deps, plan, tasks, origin);
  return { ...event, summary, usage: computeUsage(usage, deps.settings.prices) };
}

function buildSimpleTask(plan: PlanState): TaskSpec {
  return taskSpecSchema.parse({
    id: 'main',
    title: plan.title.slice(0, MAX_TITLE_CHARS),
    description: plan.prompt,
    criteria: ['The request is done as it was described.'],
    repo: plan.repositories[0]?.name ?? '',
    interactive: plan.options.interactive,
  });
}

async function putFirstRevision(
  deps: Pick<EngineDeps, 'table' | 'clock' | 'settings' | 'newId'>,
  plan: PlanState,
  tasks: readonly TaskSpec[],
  origin: { readonly by: string; readonly note: string },
): Promise<Extract<PlanEvent, { readonly type: 'decomposed' }>> {
  const tag = deps.newId();
  const revision = buildRevision(deps, plan, tasks, { revision: 1, ...origin });
  await putRevision(deps.table, plan.id, tag, revision);
  return { type: 'decomposed', tag, forecast: revision.forecast };
}
