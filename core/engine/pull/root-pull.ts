import { addFlagCounts, countFlags, sortFlags } from '../../contract/flag.ts';
import { renderMermaid } from '../../graph/render-mermaid.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { requirePlanRepository } from '../../plan-state/plan-state.ts';
import type { PullText, RootPullTask } from '../../pull-text/render-pull.ts';
import { renderRootPull } from '../../pull-text/render-pull.ts';
import { loadResult } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { listTasks, loadTask, toTaskKey } from '../../store/task-store.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { addUsage } from '../../task-state/task-state.ts';
import type { EngineDeps, StoreDeps } from '../engine-deps.ts';
import { mapInParallel } from '../map-in-parallel.ts';
import { requireApprovedRevision } from '../revision/revision.ts';

/** Maximum number of paths of each list in a root pull request. */
const MAX_LISTED_PATHS = 100;

/** Builds the title and body of a root pull request. The cost grows with the plan, but a plan needs the text only twice. */
export async function buildRootPullContent(
  deps: Pick<EngineDeps, 'table' | 'clock'>,
  plan: PlanState,
  repo: string,
): Promise<PullText> {
  const revision = await requireApprovedRevision(deps, plan);
  const runTasks = await loadRunTasks(deps, plan);
  const tasks = runTasks.filter((task) => task.state.kind === 'work' && task.state.repo === repo);
  const end = runTasks.find((task) => task.state.kind === 'end' && task.state.repo === repo)?.state;
  const results = await mapInParallel(tasks.slice(0, 200), 8, (task) =>
    loadResult(deps.table, {
      ...toTaskKey(task.state),
      attemptNumber: task.state.accepted?.attempt ?? 0,
    }),
  );
  const doneResults = results.flatMap((result) => (result?.outcome === 'done' ? [result] : []));
  const statuses = new Map(tasks.map((task) => [task.state.task, task.state.status]));
  const defaultRepo = plan.repositories[0]?.name ?? '';
  const repositoryTasks = revision.tasks.filter((task) => (task.repo || defaultRepo) === repo);
  const repository = requirePlanRepository(plan, repo);
  const endResult =
    end === undefined || end.attempt === 0
      ? undefined
      : await loadResult(deps.table, { ...toTaskKey(end), attemptNumber: end.attempt });
  return renderRootPull({
    plan: { id: plan.id, title: plan.title, prompt: plan.prompt, summary: plan.summary },
    tasks: tasks.map(({ state }) => toRootPullTask(state)).toSorted((a, b) => a.wave - b.wave),
    mermaid: renderMermaid(repositoryTasks, revision.edges, (id) => statuses.get(id) ?? 'pending'),
    evidence: endResult?.outcome === 'done' ? endResult.evidence : undefined,
    leftOut: doneResults.flatMap(({ leftOut }) => leftOut).slice(0, MAX_LISTED_PATHS),
    flagged: sortFlags(doneResults.flatMap(({ flagged }) => flagged)).slice(0, MAX_LISTED_PATHS),
    flagCounts: addFlagCounts(
      doneResults.map(({ flagged, flagCounts }) => flagCounts ?? countFlags(flagged)),
    ),
    usage: runTasks.reduce((sum, task) => addUsage(sum, task.state.usage), plan.usage),
    durationMs: plan.startedAt === undefined ? undefined : deps.clock.now() - plan.startedAt,
    criticalPathMs: computeCriticalPathMs(revision.forecast.criticalPath, tasks),
    ready: end?.status === 'merged',
    siblings: plan.pulls
      .filter((pull) => pull.repo !== repo)
      .map((pull) => ({ repo: pull.repo, url: pull.url })),
    titlePattern: repository.titlePattern,
    template: repository.pullTemplate,
  });
}

async function loadRunTasks(deps: StoreDeps, plan: PlanState): Promise<StoredTask[]> {
  const tasks = await listTasks(deps.table, { plan: plan.id, run: plan.run });
  // The index may be late, and the final text is never updated, so tasks that are not merged in the index are read again.
  const newest = await mapInParallel(tasks, 16, async (task) =>
    task.state.status === 'merged'
      ? task
      : ((await loadTask(deps.table, toTaskKey(task.state))) ?? task),
  );
  return newest.toSorted((a, b) => a.state.ordinal - b.state.ordinal);
}

function toRootPullTask(state: TaskState): RootPullTask {
  return {
    id: state.task,
    title: state.title,
    wave: state.wave,
    status: state.status,
    pull: state.pull?.number,
    usage: state.usage,
    durationMs: computeDurationMs(state),
  };
}

function computeDurationMs(state: TaskState): number | undefined {
  if (state.startedAt === undefined || state.finishedAt === undefined) return undefined;
  return state.finishedAt - state.startedAt;
}

function computeCriticalPathMs(
  taskIds: readonly string[],
  tasks: readonly StoredTask[],
): number | undefined {
  const path = new Set(taskIds);
  const durations = tasks
    .filter((task) => path.has(task.state.task))
    .map((task) => computeDurationMs(task.state) ?? 0);
  return durations.length === 0 ? undefined : durations.reduce((sum, ms) => sum + ms, 0);
}
