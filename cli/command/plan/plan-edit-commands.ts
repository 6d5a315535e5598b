import { z } from 'zod';
import { editPlanSchema } from '../../../core/contract/plan.ts';
import type { TaskSpec } from '../../../core/contract/task.ts';
import { taskSpecSchema } from '../../../core/contract/task.ts';
import { createUsageError } from '../../cli-error.ts';
import { defineCommand } from '../../define-command.ts';
import { parseYamlFile } from '../../graph/graph-file.ts';
import { readInput } from '../read-input.ts';
import { combineTasks } from './combine-tasks.ts';
import { editInEditor } from './edit-in-editor.ts';
import { EDIT_OPTIONS, editPlan, requireTask } from './send-edits.ts';
import { createTaskSpec, readTaskFields, TASK_OPTIONS } from './task-options.ts';

const editsSchema = editPlanSchema.shape.edits;

export const planEditCommand = defineCommand({
  name: 'plan edit',
  summary: 'change a task, or edit the whole graph in your editor',
  usage: 'PLAN [TASK --title TEXT ...] [--file EDITS.yaml]',
  argumentCount: { min: 1, max: 2 },
  options: {
    ...TASK_OPTIONS,
    file: {
      type: 'string',
      value: 'FILE',
      help: 'file with a list of edits, YAML or JSON, sent as a single revision',
    },
    ...EDIT_OPTIONS,
  },
  details: 'Without TASK and --file, the graph opens in $VISUAL or $EDITOR.',
  async run(context, [planArgument, task], values) {
    const fields = await readTaskFields(context, values);
    const hasFields = Object.keys(fields).length > 0;
    if (task === undefined && hasFields)
      throw createUsageError(
        'the task is missing: name the task after the plan, as in PLAN TASK --title TEXT',
      );
    if (task !== undefined && !hasFields) {
      throw createUsageError(
        'the change is missing: give --title, --description, --scope, --tier or another option',
      );
    }
    if (values.file !== undefined && task !== undefined) {
      throw createUsageError('--file already contains the edits: leave TASK out');
    }
    const fileText = values.file === undefined ? undefined : await readInput(context, values.file);
    const edits =
      fileText === undefined ? undefined : parseYamlFile(fileText, values.file ?? '', editsSchema);
    return editPlan(context, planArgument, values, (target) => {
      if (edits !== undefined) return edits;
      if (task === undefined) return editInEditor(context, target);
      return [{ op: 'change_task', task: requireTask(target, task).id, ...fields }];
    });
  },
});

export const planAddTaskCommand = defineCommand({
  name: 'plan add-task',
  summary: 'add a task to a plan that is not yet approved',
  usage: 'PLAN TASK --description TEXT [--after TASK]...',
  argumentCount: { min: 2, max: 2 },
  options: {
    ...TASK_OPTIONS,
    after: {
      type: 'string',
      multiple: true,
      value: 'TASK',
      help: 'task on which the new task depends; repeatable',
    },
    before: {
      type: 'string',
      multiple: true,
      value: 'TASK',
      help: 'task that depends on the new task; repeatable',
    },
    ...EDIT_OPTIONS,
  },
  async run(context, [planArgument, id], values) {
    const fields = await readTaskFields(context, values);
    const task = createTaskSpec({ ...fields, id, dependsOn: values.after ?? [] });
    const dependents = values.before ?? [];
    return editPlan(context, planArgument, values, (target) => {
      for (const neighbour of [...task.dependsOn, ...dependents]) requireTask(target, neighbour);
      return [
        { op: 'add_task', task },
        ...dependents.map((to) => ({ op: 'add_edge', from: task.id, to }) as const),
      ];
    });
  },
});

export const planRemoveTaskCommand = defineCommand({
  name: 'plan remove-task',
  summary: 'remove a task; its dependents take over its dependencies',
  usage: 'PLAN TASK',
  argumentCount: { min: 2, max: 2 },
  options: EDIT_OPTIONS,
  run: (context, [planArgument, id = ''], values) =>
    editPlan(context, planArgument, values, (target) => [
      { op: 'remove_task', task: requireTask(target, id).id },
    ]),
});

export const planAddDepCommand = defineCommand({
  name: 'plan add-dep',
  summary: 'make a task depend on another task',
  usage: 'PLAN TASK DEPENDENCY',
  argumentCount: { min: 3, max: 3 },
  options: EDIT_OPTIONS,
  run: (context, [planArgument, task = '', dependency = ''], values) =>
    editPlan(context, planArgument, values, (target) => [
      {
        op: 'add_edge',
        to: requireTask(target, task).id,
        from: requireTask(target, dependency).id,
      },
    ]),
});

export const planRemoveDepCommand = defineCommand({
  name: 'plan remove-dep',
  summary: 'remove a dependency of a task',
  usage: 'PLAN TASK DEPENDENCY',
  argumentCount: { min: 3, max: 3 },
  options: EDIT_OPTIONS,
  run: (context, [planArgument, task = '', dependency = ''], values) =>
    editPlan(context, planArgument, values, (target) => [
      { op: 'remove_edge', to: requireTask(target, task).id, from: dependency },
    ]),
});

export const planSplitCommand = defineCommand({
  name: 'plan split',
  summary: 'split a task into several tasks',
  usage: 'PLAN TASK (--part ID=DESCRIPTION)... | --into FILE',
  argumentCount: { min: 2, max: 2 },
  options: {
    part: {
      type: 'string',
      multiple: true,
      value: 'ID=TEXT',
      help: 'id and description of a part; give at least two',
    },
    into: {
      type: 'string',
      value: 'FILE',
      help: 'file with a list of tasks as the parts, YAML or JSON',
    },
    ...EDIT_OPTIONS,
  },
  details: 'Parts given with --part keep the scope, tier and repository of the task.',
  async run(context, [planArgument, id = ''], values) {
    if ((values.part === undefined) === (values.into === undefined)) {
      throw createUsageError('give the parts either with --part, at least twice, or with --into');
    }
    const fileText = values.into === undefined ? undefined : await readInput(context, values.into);
    return editPlan(context, planArgument, values, (target) => {
      const task = requireTask(target, id);
      const into =
        fileText === undefined
          ? parseParts(values.part ?? [], task)
          : parseYamlFile(fileText, values.into ?? '', z.array(taskSpecSchema).min(2).max(20));
      if (into.length < 2) throw createUsageError('a split needs at least two parts');
      return [{ op: 'split_task', task: id, into }];
    });
  },
});

/** Creates the parts of a task from texts of the form ID=DESCRIPTION. The parts share the estimate of the task equally. */
function parseParts(texts: readonly string[], task: TaskSpec): TaskSpec[] {
  const { scope, tier, repo } = task;
  const estimate = task.estimate / Math.max(1, texts.length);
  return texts.map((text) => {
    const separator = text.indexOf('=');
    if (separator < 1) throw createUsageError(`--part takes ID=DESCRIPTION, not "${text}"`);
    const fields = { id: text.slice(0, separator), description: text.slice(separator + 1) };
    return createTaskSpec({ ...fields, scope, tier, repo, estimate });
  });
}

export const planMergeCommand = defineCommand({
  name: 'plan merge',
  summary: 'merge several tasks into one',
  usage: 'PLAN TASK TASK... [--id ID] [--title TEXT ...]',
  argumentCount: { min: 3, max: 21 },
  options: {
    id: {
      type: 'string',
      value: 'ID',
      help: 'id of the merged task; default: id of the first task',
    },
    ...TASK_OPTIONS,
    ...EDIT_OPTIONS,
  },
  details: 'A field without an option is combined from the tasks.',
  async run(context, [planArgument, ...ids], values) {
    const fields = await readTaskFields(context, values);
    const idField = values.id === undefined ? {} : { id: values.id };
    return editPlan(context, planArgument, values, (target) => {
      const tasks = ids.map((id) => requireTask(target, id));
      const into = createTaskSpec({ ...combineTasks(tasks), ...fields, ...idField });
      return [{ op: 'merge_tasks', tasks: ids, into }];
    });
  },
});
