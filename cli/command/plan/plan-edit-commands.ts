import { z } from 'zod';
import { editPlanSchema } from '../../../core/contract/plan.ts';
import { taskSpecSchema } from '../../../core/contract/task.ts';
import { createUsageError } from '../../cli-error.ts';
import { defineCommand } from '../../define-command.ts';
import { parseYamlFile } from '../../graph/graph-file.ts';
import { readInput } from '../read-input.ts';
import { combineTasks } from './combine-tasks.ts';
import { editInEditor } from './edit-in-editor.ts';
import { EDIT_OPTIONS, readEditTarget, requireTask, sendEdits } from './send-edits.ts';
import { createTaskSpec, readTaskFields, TASK_OPTIONS } from './task-options.ts';

const editsSchema = editPlanSchema.shape.edits;

export const planEditCommand = defineCommand({
  name: 'plan edit',
  summary: 'change a task, or the whole graph in your editor',
  usage: 'PLAN [TASK --title TEXT ...] [--file EDITS.yaml]',
  words: { min: 1, max: 2 },
  options: {
    ...TASK_OPTIONS,
    file: { type: 'string', value: 'FILE', help: 'a list of edits, YAML or JSON; one revision' },
    ...EDIT_OPTIONS,
  },
  details: 'With neither TASK nor --file the graph is opened in $VISUAL or $EDITOR.',
  async run(context, [word, task], values) {
    const fields = await readTaskFields(context, values);
    const hasFields = Object.keys(fields).length > 0;
    if (task === undefined && hasFields)
      throw createUsageError('name the task that is to be changed');
    if (task !== undefined && !hasFields) {
      throw createUsageError(
        'say what is to be changed: --title, --description, --scope, --tier ...',
      );
    }
    if (values.file !== undefined && task !== undefined) {
      throw createUsageError('--file brings its own edits: name no task beside it');
    }
    const text = values.file === undefined ? undefined : await readInput(context, values.file);
    const edits =
      text === undefined ? undefined : parseYamlFile(text, values.file ?? '', editsSchema);
    const target = await readEditTarget(context, word, values);
    if (edits !== undefined) return sendEdits(context, target, edits, values);
    if (task === undefined) {
      return sendEdits(context, target, await editInEditor(context, target), values);
    }
    requireTask(target, task);
    return sendEdits(context, target, [{ op: 'change_task', task, ...fields }], values);
  },
});

export const planAddTaskCommand = defineCommand({
  name: 'plan add-task',
  summary: 'add a task to a plan that is not yet approved',
  usage: 'PLAN TASK --description TEXT [--after TASK]...',
  words: { min: 2, max: 2 },
  options: {
    ...TASK_OPTIONS,
    after: { type: 'string', multiple: true, value: 'TASK', help: 'what it waits for; repeatable' },
    before: {
      type: 'string',
      multiple: true,
      value: 'TASK',
      help: 'what waits for it; repeatable',
    },
    ...EDIT_OPTIONS,
  },
  async run(context, [word, id], values) {
    const fields = await readTaskFields(context, values);
    const task = createTaskSpec({ ...fields, id, dependsOn: values.after ?? [] });
    const target = await readEditTarget(context, word, values);
    for (const other of [...(values.after ?? []), ...(values.before ?? [])]) {
      requireTask(target, other);
    }
    const edges = (values.before ?? []).map(
      (to) => ({ op: 'add_edge', from: task.id, to }) as const,
    );
    return sendEdits(context, target, [{ op: 'add_task', task }, ...edges], values);
  },
});

export const planRemoveTaskCommand = defineCommand({
  name: 'plan remove-task',
  summary: 'remove a task; what waited for it waits for what it waited for',
  usage: 'PLAN TASK',
  words: { min: 2, max: 2 },
  options: EDIT_OPTIONS,
  async run(context, [word, id = ''], values) {
    const target = await readEditTarget(context, word, values);
    requireTask(target, id);
    return sendEdits(context, target, [{ op: 'remove_task', task: id }], values);
  },
});

export const planAddDepCommand = defineCommand({
  name: 'plan add-dep',
  summary: 'make a task wait for another',
  usage: 'PLAN TASK DEPENDENCY',
  words: { min: 3, max: 3 },
  options: EDIT_OPTIONS,
  async run(context, [word, to = '', from = ''], values) {
    const target = await readEditTarget(context, word, values);
    requireTask(target, to);
    requireTask(target, from);
    return sendEdits(context, target, [{ op: 'add_edge', from, to }], values);
  },
});

export const planRemoveDepCommand = defineCommand({
  name: 'plan remove-dep',
  summary: 'a task no longer waits for another',
  usage: 'PLAN TASK DEPENDENCY',
  words: { min: 3, max: 3 },
  options: EDIT_OPTIONS,
  async run(context, [word, to = '', from = ''], values) {
    const target = await readEditTarget(context, word, values);
    requireTask(target, to);
    return sendEdits(context, target, [{ op: 'remove_edge', from, to }], values);
  },
});

export const planSplitCommand = defineCommand({
  name: 'plan split',
  summary: 'split a task into several',
  usage: 'PLAN TASK (--part ID=DESCRIPTION)... | --into FILE',
  words: { min: 2, max: 2 },
  options: {
    part: { type: 'string', multiple: true, value: 'ID=TEXT', help: 'a part; at least two' },
    into: { type: 'string', value: 'FILE', help: 'the parts as a list of tasks, YAML or JSON' },
    ...EDIT_OPTIONS,
  },
  details: 'Parts given with --part keep the scope, tier and repository of the task.',
  async run(context, [word, id = ''], values) {
    if ((values.part === undefined) === (values.into === undefined)) {
      throw createUsageError('give the parts with --part, twice or more, or as a file with --into');
    }
    const text = values.into === undefined ? undefined : await readInput(context, values.into);
    const target = await readEditTarget(context, word, values);
    const { scope, tier, repo, estimate } = requireTask(target, id);
    const words = values.part ?? [];
    const share = estimate / Math.max(1, words.length);
    const parts = words.map((part) => {
      const at = part.indexOf('=');
      if (at < 1) throw createUsageError(`--part takes ID=DESCRIPTION, not "${part}"`);
      const own = { id: part.slice(0, at), description: part.slice(at + 1) };
      return createTaskSpec({ ...own, scope, tier, repo, estimate: share });
    });
    const into =
      text === undefined
        ? parts
        : parseYamlFile(text, values.into ?? '', z.array(taskSpecSchema).min(2).max(20));
    if (into.length < 2) throw createUsageError('a split takes at least two parts');
    return sendEdits(context, target, [{ op: 'split_task', task: id, into }], values);
  },
});

export const planMergeCommand = defineCommand({
  name: 'plan merge',
  summary: 'merge tasks into one',
  usage: 'PLAN TASK TASK... [--id ID] [--title TEXT ...]',
  words: { min: 3, max: 21 },
  options: {
    id: { type: 'string', value: 'ID', help: 'of the merged task; default: the first one' },
    ...TASK_OPTIONS,
    ...EDIT_OPTIONS,
  },
  details: 'What is not given is put together from the tasks.',
  async run(context, [word, ...ids], values) {
    const fields = await readTaskFields(context, values);
    const target = await readEditTarget(context, word, values);
    const tasks = ids.map((id) => requireTask(target, id));
    const combined = { ...combineTasks(tasks), ...fields };
    const into = createTaskSpec(
      values.id === undefined ? combined : { ...combined, id: values.id },
    );
    return sendEdits(context, target, [{ op: 'merge_tasks', tasks: ids, into }], values);
  },
});
