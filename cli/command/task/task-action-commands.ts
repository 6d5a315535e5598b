import { randomUUID } from 'node:crypto';
import { API } from '../../../core/contract/api.ts';
import type { TaskView } from '../../../core/contract/task.ts';
import type { ExitCode } from '../../cli-error.ts';
import { CliError, createUsageError, EXIT } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import type { CommandContext } from '../../define-command.ts';
import { defineCommand, parseNumberOption } from '../../define-command.ts';
import { formatCount } from '../../render/layout/format-figures.ts';
import { styleSpan } from '../../render/layout/line.ts';
import { getTaskLook, renderTaskGlyph } from '../../render/task-state.ts';
import { confirmAction, YES_OPTION } from '../confirm-action.ts';
import { readTextInput } from '../read-input.ts';
import { resolveTask } from '../resolve-plan.ts';

type ActionRoute = typeof API.retryTask | typeof API.unblockTask | typeof API.finishTask;

/** Defines a command that sends a single request for a task. */
function defineTaskAction(name: string, summary: string, route: ActionRoute) {
  return defineCommand({
    name,
    summary,
    usage: 'PLAN TASK',
    argumentCount: { min: 1, max: 2 },
    options: {},
    async run(context, args) {
      const client = await context.client();
      const { plan, task } = await resolveTask(client, args);
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
  'try a task again, like `task retry`, but only if the task is blocked',
  API.unblockTask,
);
export const taskApproveCommand = defineCommand({
  name: 'task approve',
  summary: 'approve the commit of a task, for plans with --policy review',
  usage: 'PLAN TASK [--commit COMMIT]',
  argumentCount: { min: 1, max: 2 },
  options: {
    commit: {
      type: 'string',
      value: 'COMMIT',
      help: 'the commit that you reviewed, at least 7 digits; another commit is not approved',
    },
  },
  async run(context, args, values) {
    const client = await context.client();
    const { plan, task } = await resolveTask(client, args);
    const commit = await resolveReviewedCommit(client, { plan, task }, values.commit);
    const input = { params: { plan, task }, body: { commit } };
    return printTask(context, await client.call(API.approveTask, input));
  },
});

/** Returns the full commit that `reviewed` abbreviates; undefined without `reviewed`, because the server then approves the newest commit. */
async function resolveReviewedCommit(
  client: Client,
  params: { readonly plan: string; readonly task: string },
  reviewed: string | undefined,
): Promise<string | undefined> {
  if (reviewed === undefined) return undefined;
  if (!/^[0-9a-f]{7,40}$/.test(reviewed))
    throw createUsageError(`--commit ${reviewed} is not a commit: give 7 to 40 hexadecimal digits`);
  const commit = (await client.call(API.getTask, { params })).evidence?.commit;
  if (commit?.startsWith(reviewed) === true) return commit;
  throw new CliError(
    EXIT.conflict,
    'commit_moved',
    `task ${params.task} does not propose commit ${reviewed}${commit === undefined ? '' : ` any more, but commit ${commit.slice(0, 12)}`}`,
    { advice: `look at the changes with \`smol-gang task diff ${params.plan} ${params.task}\`` },
  );
}

export const taskFinishCommand = defineTaskAction(
  'task finish',
  'end the conversation with an agent: verify its work, open the pull request',
  API.finishTask,
);

export const taskCancelCommand = defineCommand({
  name: 'task cancel',
  summary: 'cancel a task; tasks that depend on it stay pending',
  usage: 'PLAN TASK [--reason TEXT] [--yes]',
  argumentCount: { min: 1, max: 2 },
  options: {
    reason: { type: 'string', value: 'TEXT', help: 'reason, stored with the task' },
    ...YES_OPTION,
  },
  async run(context, args, values) {
    const client = await context.client();
    const { plan, task } = await resolveTask(client, args);
    const question = `Cancel task ${task} of plan ${plan}? Its agent stops, and tasks that depend on the task wait.`;
    await confirmAction(context, values, question);
    const body = { reason: values.reason ?? '' };
    return printTask(context, await client.call(API.cancelTask, { params: { plan, task }, body }));
  },
});

export const taskRequestChangesCommand = defineCommand({
  name: 'task request-changes',
  summary: 'request changes to the pull request of a task',
  usage: 'PLAN TASK TEXT | --file FILE',
  argumentCount: { min: 1, max: 3 },
  options: {
    reason: { type: 'string', value: 'TEXT', help: 'the requested changes, instead of TEXT' },
    file: { type: 'string', value: 'FILE', help: 'the requested changes, from a file; - is stdin' },
  },
  async run(context, args, values) {
    const client = await context.client();
    const { plan, task, otherArgs } = await resolveTask(client, args);
    const source = { argument: values.reason ?? otherArgs[0], file: values.file };
    const reason = await readTextInput(context, source, 'the text of the requested changes');
    const input = { params: { plan, task }, body: { reason } };
    return printTask(context, await client.call(API.requestChanges, input));
  },
});

export const taskMessageCommand = defineCommand({
  name: 'task message',
  summary: 'send a message to the agent of a task',
  usage: 'PLAN TASK TEXT | --file FILE',
  argumentCount: { min: 1, max: 3 },
  options: { file: { type: 'string', value: 'FILE', help: 'the text, from a file; - is stdin' } },
  async run(context, args, values) {
    const client = await context.client();
    const { plan, task, otherArgs } = await resolveTask(client, args);
    const text = await readTextInput(
      context,
      { argument: otherArgs[0], file: values.file },
      'the message',
    );
    return sendMessage(context, client, { plan, task }, { text });
  },
});

export const taskAnswerCommand = defineCommand({
  name: 'task answer',
  summary: 'answer the question of an agent',
  usage: 'PLAN TASK TEXT | --option N | --file FILE',
  argumentCount: { min: 1, max: 3 },
  options: {
    option: { type: 'string', value: 'N', help: 'number of an offered answer, from 1' },
    file: { type: 'string', value: 'FILE', help: 'the answer, from a file; - is stdin' },
  },
  async run(context, args, values) {
    const optionNumber = parseNumberOption('option', values.option, { min: 1, whole: true });
    const client = await context.client();
    const { plan, task, otherArgs } = await resolveTask(client, args);
    const detail = await client.call(API.getTask, { params: { plan, task } });
    const question = detail.question;
    if (question === undefined || detail.status !== 'awaiting_input') {
      throw new CliError(
        EXIT.conflict,
        'no_question',
        `the agent of task ${task} has no open question`,
        {
          advice: `read its log with \`smol-gang task logs ${plan} ${task}\``,
        },
      );
    }
    const option = optionNumber === undefined ? undefined : question.options[optionNumber - 1];
    if (optionNumber !== undefined && option === undefined) {
      throw createUsageError(
        `--option ${optionNumber} does not exist: the question offers ${formatCount(question.options.length, 'answer')}`,
      );
    }
    const source = { argument: option ?? otherArgs[0], file: values.file };
    const text = await readTextInput(context, source, 'the answer');
    return sendMessage(context, client, { plan, task }, { text, answers: question.id });
  },
});

async function sendMessage(
  context: CommandContext,
  client: Client,
  params: { readonly plan: string; readonly task: string },
  body: { readonly text: string; readonly answers?: string },
): Promise<ExitCode> {
  const idempotencyKey = randomUUID();
  const message = await client.call(API.sendMessage, { params, body }, { idempotencyKey });
  if (context.terminal.isJson) context.terminal.printJson(message);
  else
    context.terminal.printLines([
      [styleSpan('good', '✓ '), `the message for the agent of ${params.task} is stored`],
    ]);
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
