import { randomUUID } from 'node:crypto';
import { API } from '../../../core/contract/api.ts';
import type { TaskView } from '../../../core/contract/task.ts';
import type { ExitCode } from '../../cli-error.ts';
import { CliError, createUsageError, EXIT } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import type { CommandContext } from '../../define-command.ts';
import { defineCommand, parseNumberOption } from '../../define-command.ts';
import { styleSpan } from '../../render/layout/line.ts';
import { getTaskLook, renderTaskGlyph } from '../../render/task-state.ts';
import { readTextInput } from '../read-input.ts';
import { resolveTask } from '../resolve-plan.ts';

type ActionRoute =
  | typeof API.retryTask
  | typeof API.unblockTask
  | typeof API.approveTask
  | typeof API.finishTask;

/** A command that names a task and asks for one thing. */
function defineTaskAction(name: string, summary: string, route: ActionRoute) {
  return defineCommand({
    name,
    summary,
    usage: 'PLAN TASK',
    words: { min: 1, max: 2 },
    options: {},
    async run(context, words) {
      const client = await context.client();
      const { plan, task } = await resolveTask(client, words);
      return printTask(context, await client.call(route, { params: { plan, task } }));
    },
  });
}

export const taskRetryCommand = defineTaskAction(
  'task retry',
  'try a blocked, failed or cancelled task again',
  API.retryTask,
);
export const taskUnblockCommand = defineTaskAction(
  'task unblock',
  'the reason for the block is gone: go on from the accepted commit',
  API.unblockTask,
);
export const taskApproveCommand = defineTaskAction(
  'task approve',
  'approve the pull request of a task (policy review)',
  API.approveTask,
);
export const taskFinishCommand = defineTaskAction(
  'task finish',
  'end an interactive session: verify and open its pull request',
  API.finishTask,
);

export const taskCancelCommand = defineCommand({
  name: 'task cancel',
  summary: 'cancel a task; what waits on it stays pending',
  usage: 'PLAN TASK [--reason TEXT]',
  words: { min: 1, max: 2 },
  options: { reason: { type: 'string', value: 'TEXT', help: 'why; kept with the task' } },
  async run(context, words, values) {
    const client = await context.client();
    const { plan, task } = await resolveTask(client, words);
    const body = { reason: values.reason ?? '' };
    return printTask(context, await client.call(API.cancelTask, { params: { plan, task }, body }));
  },
});

export const taskRequestChangesCommand = defineCommand({
  name: 'task request-changes',
  summary: 'send the pull request of a task back, with the reason',
  usage: 'PLAN TASK REASON | --file FILE',
  words: { min: 1, max: 3 },
  options: {
    reason: { type: 'string', value: 'TEXT', help: 'the reason, as an option' },
    file: { type: 'string', value: 'FILE', help: 'the reason, from a file; - is stdin' },
  },
  async run(context, words, values) {
    const client = await context.client();
    const { plan, task, rest } = await resolveTask(client, words);
    const given = { word: values.reason ?? rest[0], file: values.file };
    const reason = await readTextInput(context, given, 'the reason');
    const input = { params: { plan, task }, body: { reason } };
    return printTask(context, await client.call(API.requestChanges, input));
  },
});

export const taskMessageCommand = defineCommand({
  name: 'task message',
  summary: 'say something to the agent',
  usage: 'PLAN TASK TEXT | --file FILE',
  words: { min: 1, max: 3 },
  options: { file: { type: 'string', value: 'FILE', help: 'the text, from a file; - is stdin' } },
  async run(context, words, values) {
    const client = await context.client();
    const { plan, task, rest } = await resolveTask(client, words);
    const text = await readTextInput(context, { word: rest[0], file: values.file }, 'the message');
    return sendMessage(context, client, { plan, task }, { text });
  },
});

export const taskAnswerCommand = defineCommand({
  name: 'task answer',
  summary: 'answer the question that an agent asks',
  usage: 'PLAN TASK TEXT | --option N',
  words: { min: 1, max: 3 },
  options: {
    option: { type: 'string', value: 'N', help: 'the Nth of the offered answers' },
    file: { type: 'string', value: 'FILE', help: 'the answer, from a file; - is stdin' },
  },
  async run(context, words, values) {
    const chosen = parseNumberOption('option', values.option, { min: 1, whole: true });
    const client = await context.client();
    const { plan, task, rest } = await resolveTask(client, words);
    const asked = await client.call(API.getTask, { params: { plan, task } });
    const question = asked.question;
    if (question === undefined || asked.status !== 'awaiting_input') {
      throw new CliError(EXIT.conflict, 'no_question', `${task} asks nothing at this moment`);
    }
    const option = chosen === undefined ? undefined : question.options[chosen - 1];
    if (chosen !== undefined && option === undefined) {
      throw createUsageError(`the question offers ${question.options.length} answers`);
    }
    const given = { word: option ?? rest[0], file: values.file };
    const text = await readTextInput(context, given, 'the answer');
    return sendMessage(context, client, { plan, task }, { text, answers: question.id });
  },
});

async function sendMessage(
  context: CommandContext,
  client: Client,
  params: { readonly plan: string; readonly task: string },
  body: { readonly text: string; readonly answers?: string },
): Promise<ExitCode> {
  const how = { idempotencyKey: randomUUID() };
  const message = await client.call(API.sendMessage, { params, body }, how);
  if (context.terminal.isJson) context.terminal.printJson(message);
  else context.terminal.printLines([[styleSpan('good', '✓ '), `said to ${params.task}`]]);
  return EXIT.done;
}

function printTask(context: CommandContext, task: TaskView): ExitCode {
  if (context.terminal.isJson) context.terminal.printJson(task);
  else {
    const label = styleSpan('dim', ` · ${getTaskLook(task.status).label}`);
    context.terminal.printLines([[renderTaskGlyph(task.status), ' ', task.id, label]]);
  }
  return EXIT.done;
}
