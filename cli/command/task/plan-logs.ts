import type { TaskView } from '../../../core/contract/task.ts';
import { hasTaskStopped } from '../../../core/contract/task-status.ts';
import type { ExitCode } from '../../cli-error.ts';
import { EXIT } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import type { CommandContext } from '../../define-command.ts';
import type { Line } from '../../render/layout/line.ts';
import { styleSpan } from '../../render/layout/line.ts';
import { renderTranscriptEntry } from '../../render/render-task-detail.ts';
import { followPlan, readPlanSnapshot } from '../../watch/follow-plan.ts';
import { hasEnded } from '../../watch/plan-outcome.ts';
import type { LogEntry, LogFilter } from './read-log.ts';
import { filterEntries, readEntriesAfter } from './read-log.ts';

/** An entry with the id of its task. */
type PlanLogEntry = LogEntry & { readonly task: string };
/** Position up to which the log of a task has been read. */
type LogPosition = {
  readonly attempt: number;
  readonly after: number;
  /** True if the task had stopped when the log was read. */
  readonly isFinal: boolean;
};

/** Prints the logs of all tasks of a plan in the order of time, each line with its task. */
export async function printPlanLogs(
  context: CommandContext,
  client: Client,
  plan: string,
  filter: LogFilter,
): Promise<ExitCode> {
  const { tasks } = await readPlanSnapshot(client, plan);
  const entries = filterEntries(await readNewEntries(client, tasks, new Map()), filter);
  const { terminal } = context;
  if (terminal.isJson) terminal.printJson({ items: entries });
  else if (entries.length === 0) terminal.printLines([['No task of this plan has a log so far.']]);
  else terminal.printLines(entries.flatMap(renderEntry));
  return EXIT.done;
}

/** Prints the logs of all tasks of a plan, and new entries until the plan has ended. */
export async function followPlanLogs(
  context: CommandContext,
  client: Client,
  plan: string,
  filter: LogFilter,
): Promise<ExitCode> {
  const { terminal, host } = context;
  const abort = new AbortController();
  const removeHandler = host.onInterrupt(() => abort.abort());
  const positions = new Map<string, LogPosition>();
  let isPast = true;
  try {
    for await (const { state } of followPlan(client, plan, { signal: abort.signal })) {
      const newEntries = await readNewEntries(client, state.tasks, positions);
      for (const entry of isPast ? filterEntries(newEntries, filter) : newEntries) {
        if (terminal.isJson) terminal.printJson(entry, 'line');
        else terminal.printLines(renderEntry(entry));
      }
      isPast = false;
      if (hasEnded(state)) break;
    }
    return EXIT.done;
  } catch (error) {
    if (abort.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    removeHandler();
  }
}

/** Reads the entries after the positions, in the order of time, and moves the positions. */
async function readNewEntries(
  client: Client,
  tasks: readonly TaskView[],
  positions: Map<string, LogPosition>,
): Promise<PlanLogEntry[]> {
  const newEntries: PlanLogEntry[] = [];
  for (const task of tasks.filter(({ attempt }) => attempt > 0)) {
    const position = positions.get(task.id);
    const isFinal = hasTaskStopped(task.status);
    // A task that had stopped at the last read has no new entries until its next attempt.
    if (isFinal && position?.isFinal === true && position.attempt === task.attempt) continue;
    let { attempt, after } = position ?? { attempt: 1, after: 0 };
    for (;;) {
      const target = { plan: task.plan, task: task.id };
      const log = await readEntriesAfter(client, target, attempt, after);
      newEntries.push(...log.entries.map((entry) => ({ task: task.id, ...entry })));
      after = log.after;
      if (attempt >= task.attempt) break;
      attempt += 1;
      after = 0;
    }
    positions.set(task.id, { attempt, after, isFinal });
  }
  return newEntries.toSorted((a, b) => a.at - b.at);
}

function renderEntry(entry: PlanLogEntry): Line[] {
  return renderTranscriptEntry(entry).map((line) => [
    styleSpan('accent', `${entry.task}  `),
    ...line,
  ]);
}
