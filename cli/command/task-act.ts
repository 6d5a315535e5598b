import { randomUUID } from 'node:crypto';
import { API } from '../../core/contract/api.ts';
import type { TaskView } from '../../core/contract/task.ts';
import type { ExitCode } from '../cli-error.ts';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import type { Client } from '../client.ts';
import type { Context } from '../command.ts';
import { defineCommand, numberOption } from '../command.ts';
import { styled } from '../render/line.ts';
import { taskGlyph, taskLook } from '../render/task-state.ts';
import { readText } from './input.ts';
import { taskOf } from './plan-word.ts';

type ActionRoute =
  | typeof API.retryTask
  | typeof API.unblockTask
  | typeof API.approveTask
  | typeof API.finishTask;

/** A command that names a task and asks for one thing. */
function action(name: string, summary: string, route: ActionRoute) {
  return defineCommand({
    name,
    summary,
    usage: 'PLAN TASK',
    words: { min: 1, max: 2 },
    options: {},
    async run(context, words) {
      const client = await context.client();
      const { plan, task } = await taskOf(client, words);
      return sayTask(context, await client.call(route, { params: { plan, task } }));
    },
  });
}

export const taskRetry = action(
  'task retry',
  'try a blocked, failed or cancelled task again',
  API.retryTask,
);
export const taskUnblock = action(
  'task unblock',
  'the reason for the block is gone: go on from the accepted commit',
  API.unblockTask,
);
export const taskApprove = action(
  'task approve',
  'approve the pull request of a task (policy review)',
  API.approveTask,
);
export const taskFinish = action(
  'task finish',
  'end an interactive session: verify and open its pull request',
  API.finishTask,
);

export const taskCancel = defineCommand({
  name: 'task cancel',
  summary: 'cancel a task; what waits on it stays pending',
  usage: 'PLAN TASK [--reason TEXT]',
  words: { min: 1, max: 2 },
  options: { reason: { type: 'string', value: 'TEXT', help: 'why; kept with the task' } },
  async run(context, words, values) {
    const client = await context.client();
    const { plan, task } = await taskOf(client, words);
    const body = { reason: values.reason ?? '' };
    return sayTask(context, await client.call(API.cancelTask, { params: { plan, task }, body }));
  },
});

export const taskRequestChanges = defineCommand({
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
    const { plan, task, rest } = await taskOf(client, words);
    const given = { word: values.reason ?? rest[0], file: values.file };
    const reason = await readText(context, given, 'the reason');
    const input = { params: { plan, task }, body: { reason } };
    return sayTask(context, await client.call(API.requestChanges, input));
  },
});

export const taskMessage = defineCommand({
  name: 'task message',
  summary: 'say something to the agent',
  usage: 'PLAN TASK TEXT | --file FILE',
  words: { min: 1, max: 3 },
  options: { file: { type: 'string', value: 'FILE', help: 'the text, from a file; - is stdin' } },
  async run(context, words, values) {
    const client = await context.client();
    const { plan, task, rest } = await taskOf(client, words);
    const text = await readText(context, { word: rest[0], file: values.file }, 'the message');
    return say(context, client, { plan, task }, { text });
  },
});

export const taskAnswer = defineCommand({
  name: 'task answer',
  summary: 'answer the question that an agent asks',
  usage: 'PLAN TASK TEXT | --option N',
  words: { min: 1, max: 3 },
  options: {
    option: { type: 'string', value: 'N', help: 'the Nth of the offered answers' },
    file: { type: 'string', value: 'FILE', help: 'the answer, from a file; - is stdin' },
  },
  async run(context, words, values) {
    const chosen = numberOption('option', values.option, { min: 1, whole: true });
    const client = await context.client();
    const { plan, task, rest } = await taskOf(client, words);
    const asked = await client.call(API.getTask, { params: { plan, task } });
    const question = asked.question;
    if (question === undefined || asked.status !== 'awaiting_input') {
      throw new CliError(EXIT.conflict, 'no_question', `${task} asks nothing at this moment`);
    }
    const option = chosen === undefined ? undefined : question.options[chosen - 1];
    if (chosen !== undefined && option === undefined) {
      throw usageError(`the question offers ${question.options.length} answers`);
    }
    const given = { word: option ?? rest[0], file: values.file };
    const text = await readText(context, given, 'the answer');
    return say(context, client, { plan, task }, { text, answers: question.id });
  },
});

async function say(
  context: Context,
  client: Client,
  params: { plan: string; task: string },
  body: { text: string; answers?: string },
): Promise<ExitCode> {
  const how = { idempotencyKey: randomUUID() };
  const message = await client.call(API.sendMessage, { params, body }, how);
  if (context.terminal.json) context.terminal.printJson(message);
  else context.terminal.print([[styled('good', '✓ '), `said to ${params.task}`]]);
  return EXIT.done;
}

function sayTask(context: Context, task: TaskView): ExitCode {
  if (context.terminal.json) context.terminal.printJson(task);
  else {
    const label = styled('dim', ` · ${taskLook(task.status).label}`);
    context.terminal.print([[taskGlyph(task.status), ' ', task.id, label]]);
  }
  return EXIT.done;
}
