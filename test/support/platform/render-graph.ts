import { stringify } from 'yaml';
import type { TaskSpec } from '../../../core/contract/task.ts';

/** Task of a graph; all fields except the id have defaults. */
export type DraftTask = Partial<TaskSpec> & { readonly id: string };

/** Renders a graph for `smol-gang run --plan`. By default, each task writes the file src/<id>.txt. */
export function renderGraph(title: string, tasks: readonly DraftTask[]): string {
  return stringify({ title, tasks: tasks.map(completeTask) });
}

function completeTask(task: DraftTask): Partial<TaskSpec> {
  const path = `src/${task.id}.txt`;
  return {
    title: `Add ${task.id}`,
    description: `Adds ${path}.\n\n${renderWriteInstruction(path, `${task.id} is done`)}`,
    scope: [path],
    criteria: [`${path} says that ${task.id} is done`],
    ...task,
  };
}

/** Renders a write instruction for the scripted model. */
export function renderWriteInstruction(path: string, content: string): string {
  return `WRITE ${path} <<END\n${content}\nEND`;
}
