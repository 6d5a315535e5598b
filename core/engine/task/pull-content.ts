import { renderMermaid } from '../../graph/mermaid.ts';
import type { PlanState } from '../../lifecycle/plan-state.ts';
import { type RootPullTask, renderRootPull } from '../../plan/render-root-pull.ts';
import { type PullText, renderTaskPull } from '../../plan/render-task-pull.ts';
import { loadDetail, loadResult } from '../../store/task-detail.ts';
import { listTasks, loadTask, type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import { addUsage, type TaskState } from '../../task/state.ts';
import { repositoryOf } from '../apply-plan.ts';
import type { EngineDeps } from '../deps.ts';
import { inParallel } from '../in-parallel.ts';
import { approvedRevision } from '../plan/revision.ts';

// What pull requests say, gathered from the store.

export async function taskPullContent(
  deps: EngineDeps,
  plan: PlanState,
  task: TaskState,
): Promise<PullText> {
  const key = taskKeyOf(task);
  const [detail, result] = await Promise.all([
    loadDetail(deps.table, key),
    loadResult(deps.table, { ...key, n: task.accepted?.attempt ?? 0 }),
  ]);
  const parents = await inParallel((detail?.dependsOn ?? []).slice(0, 64), 8, async ({ id }) => {
    const parent = await loadTask(deps.table, { ...key, task: id });
    const pull = parent?.state.repo === task.repo ? parent.state.pull?.number : undefined;
    return { id, pull };
  });
  const repository = repositoryOf(plan, task.repo);
  const done = result?.outcome === 'done' ? result : undefined;
  return renderTaskPull({
    plan: { id: plan.id, title: plan.title },
    task: {
      id: task.task,
      title: task.title,
      description: detail?.spec.description ?? task.repair?.detail ?? 'Mend the whole.',
      criteria: detail?.spec.criteria ?? [],
      wave: task.wave,
      dependsOn: parents,
    },
    simple: task.simple,
    // Evidence of the attempt speaks for its own commit only.
    evidence: done?.commit === task.accepted?.commit ? done?.evidence : undefined,
    summary: done?.summary ?? '',
    workLog: done?.workLog ?? [],
    leftOut: done?.leftOut ?? [],
    flagged: done?.flagged ?? [],
    usage: task.usage,
    durationMs: task.startedAt === undefined ? undefined : task.last.at - task.startedAt,
    titlePattern: repository.titlePattern,
    template: repository.pullTemplate,
  });
}

/** A root pull request tells of every task of its repository; read twice in a plan's life, so it may cost with its size. */
export async function rootPullContent(
  deps: EngineDeps,
  plan: PlanState,
  repo: string,
): Promise<PullText> {
  const revision = await approvedRevision(deps, plan);
  const all = await runTasks(deps, plan);
  const tasks = all.filter((task) => task.state.kind === 'work' && task.state.repo === repo);
  const end = all.find((task) => task.state.kind === 'end' && task.state.repo === repo)?.state;
  const results = await inParallel(tasks.slice(0, 200), 8, (task) =>
    loadResult(deps.table, { ...taskKeyOf(task.state), n: task.state.accepted?.attempt ?? 0 }),
  );
  const done = results.filter((result) => result?.outcome === 'done');
  const statuses = new Map(tasks.map((task) => [task.state.task, task.state.status]));
  const first = plan.repositories[0]?.name ?? '';
  const own = revision.tasks.filter((task) => (task.repo || first) === repo);
  const repository = repositoryOf(plan, repo);
  const verified =
    end === undefined || end.attempt === 0
      ? undefined
      : await loadResult(deps.table, { ...taskKeyOf(end), n: end.attempt });
  return renderRootPull({
    plan: { id: plan.id, title: plan.title, prompt: plan.prompt, summary: plan.summary },
    tasks: tasks.map(({ state }) => rowOf(state)).toSorted((a, b) => a.wave - b.wave),
    mermaid: renderMermaid(own, revision.edges, (id) => statuses.get(id) ?? 'pending'),
    evidence: verified?.outcome === 'done' ? verified.evidence : undefined,
    leftOut: done
      .flatMap((result) => (result.outcome === 'done' ? result.leftOut : []))
      .slice(0, 100),
    flagged: done
      .flatMap((result) => (result.outcome === 'done' ? result.flagged : []))
      .slice(0, 100),
    usage: all.reduce((sum, task) => addUsage(sum, task.state.usage), plan.usage),
    durationMs: plan.startedAt === undefined ? undefined : deps.clock.now() - plan.startedAt,
    criticalPathMs: longestChainMs(revision.forecast.criticalPath, tasks),
    ready: end?.status === 'merged',
    markNotReady: false,
    siblings: plan.pulls
      .filter((pull) => pull.repo !== repo)
      .map((pull) => ({ repo: pull.repo, url: pull.url })),
    titlePattern: repository.titlePattern,
    template: repository.pullTemplate,
  });
}

async function runTasks(deps: EngineDeps, plan: PlanState): Promise<StoredTask[]> {
  const tasks = await listTasks(deps.table, { plan: plan.id, run: plan.run });
  // The index may be late, and what is said last is not said again.
  const newest = await inParallel(tasks, 16, async (task) =>
    task.state.status === 'merged'
      ? task
      : ((await loadTask(deps.table, taskKeyOf(task.state))) ?? task),
  );
  return newest.toSorted((a, b) => a.state.ordinal - b.state.ordinal);
}

function rowOf(state: TaskState): RootPullTask {
  return {
    id: state.task,
    title: state.title,
    wave: state.wave,
    status: state.status,
    pull: state.pull?.number,
    usage: state.usage,
    durationMs: durationOf(state),
  };
}

function durationOf(state: TaskState): number | undefined {
  if (state.startedAt === undefined || state.finishedAt === undefined) return undefined;
  return state.finishedAt - state.startedAt;
}

function longestChainMs(
  chain: readonly string[],
  tasks: readonly StoredTask[],
): number | undefined {
  const path = new Set(chain);
  const durations = tasks
    .filter((task) => path.has(task.state.task))
    .map((task) => durationOf(task.state) ?? 0);
  return durations.length === 0 ? undefined : durations.reduce((sum, ms) => sum + ms, 0);
}
