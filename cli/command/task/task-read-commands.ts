import { API } from '../../../core/contract/api.ts';
import { TASK_STATUSES } from '../../../core/contract/task-status.ts';
import { EXIT } from '../../cli-error.ts';
import { defineCommand, parseChoiceOption } from '../../define-command.ts';
import {
  renderDiff,
  renderHistory,
  renderMessages,
  renderTaskDetail,
} from '../../render/render-task-detail.ts';
import { listTaskCells, TASK_COLUMNS } from '../../render/render-tasks.ts';
import { readPlanSnapshot } from '../../watch/follow-plan.ts';
import { PATCH_OPTIONS, parsePatchOptions, printPatch } from '../print-patch.ts';
import { resolvePlan, resolveTask } from '../resolve-plan.ts';

export const taskListCommand = defineCommand({
  name: 'task list',
  summary: 'list the tasks of a plan',
  usage: 'PLAN [--status STATUS]',
  argumentCount: { min: 0, max: 1 },
  options: { status: { type: 'string', value: 'STATUS', help: TASK_STATUSES.join(', ') } },
  async run({ terminal, host, client }, [planArgument], values) {
    const status = parseChoiceOption('status', values.status, TASK_STATUSES);
    const api = await client();
    const plan = await resolvePlan(api, planArgument);
    const allTasks = (await readPlanSnapshot(api, plan)).tasks;
    const tasks = allTasks.filter((task) => status === undefined || task.status === status);
    if (terminal.isJson) terminal.printJson({ items: tasks });
    else if (tasks.length === 0 && terminal.isTerminal)
      terminal.printLines([[`Plan ${plan} has no such task.`]]);
    else terminal.printTable(TASK_COLUMNS, listTaskCells(tasks, host.now()));
    return EXIT.done;
  },
});

const TASK_ARGUMENT_COUNT = { min: 1, max: 2 };

export const taskShowCommand = defineCommand({
  name: 'task show',
  summary: 'show a task: description, state, evidence, next step',
  usage: 'PLAN TASK [--full]',
  argumentCount: TASK_ARGUMENT_COUNT,
  options: { full: { type: 'boolean', help: 'print the whole reason and the whole output' } },
  async run({ terminal, host, client }, args, values) {
    const api = await client();
    const { plan, task } = await resolveTask(api, args);
    const detail = await api.call(API.getTask, { params: { plan, task } });
    const options = { now: host.now(), width: terminal.width, isFull: values.full === true };
    if (terminal.isJson) terminal.printJson(detail);
    else terminal.printLines(renderTaskDetail(detail, options));
    return EXIT.done;
  },
});

export const taskDiffCommand = defineCommand({
  name: 'task diff',
  summary: 'list the files that a task changed, or print its changes as a patch',
  usage: 'PLAN TASK [--patch | --stat]',
  argumentCount: TASK_ARGUMENT_COUNT,
  options: PATCH_OPTIONS,
  async run(context, args, values) {
    const { terminal } = context;
    const wantsPatch = parsePatchOptions(values);
    const api = await context.client();
    const { plan, task } = await resolveTask(api, args);
    const params = { plan, task };
    if (wantsPatch) return printPatch(context, await api.call(API.taskPatch, { params }));
    const diff = await api.call(API.taskDiff, { params });
    if (terminal.isJson) terminal.printJson(diff);
    else {
      const { repo } = await api.call(API.getTask, { params });
      const { repositories } = await api.call(API.getPlan, { params: { plan } });
      const path = repositories.find(({ name }) => name === repo)?.path;
      terminal.printLines(renderDiff(diff, path, terminal.width));
    }
    return EXIT.done;
  },
});

export const taskHistoryCommand = defineCommand({
  name: 'task history',
  summary: 'list the state changes of a task',
  usage: 'PLAN TASK',
  argumentCount: TASK_ARGUMENT_COUNT,
  options: {},
  async run({ terminal, client }, args) {
    const api = await client();
    const { plan, task } = await resolveTask(api, args);
    const { items } = await api.call(API.taskHistory, { params: { plan, task } });
    const ordered = items.toSorted((a, b) => a.version - b.version);
    if (terminal.isJson) terminal.printJson({ items: ordered });
    else terminal.printLines(renderHistory(ordered, terminal.width));
    return EXIT.done;
  },
});

export const taskMessagesCommand = defineCommand({
  name: 'task messages',
  summary: 'list the messages that people sent to the agent',
  usage: 'PLAN TASK',
  argumentCount: TASK_ARGUMENT_COUNT,
  options: {},
  async run({ terminal, client }, args) {
    const api = await client();
    const { plan, task } = await resolveTask(api, args);
    const { items } = await api.call(API.listMessages, { params: { plan, task } });
    if (terminal.isJson) terminal.printJson({ items });
    else if (items.length === 0) terminal.printLines([['There are no messages.']]);
    else terminal.printLines(renderMessages(items));
    return EXIT.done;
  },
});
