import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { AGENT_NAMES } from '../../../core/contract/agent.ts';
import { API } from '../../../core/contract/api.ts';
import type { createPlanSchema } from '../../../core/contract/plan.ts';
import { createUsageError, EXIT } from '../../cli-error.ts';
import type { CommandContext, OptionValues } from '../../define-command.ts';
import { defineCommand, parseChoiceOption, parseNumberOption } from '../../define-command.ts';
import type { GraphFile } from '../../graph/graph-file.ts';
import { parseGraphFile } from '../../graph/graph-file.ts';
import { styleSpan } from '../../render/layout/line.ts';
import { readInput, readTextInput } from '../read-input.ts';
import { resolveRepositories } from './resolve-repositories.ts';
import { waitForPlan } from './wait-for-plan.ts';

type CreatePlanInput = z.input<typeof createPlanSchema>;

const RUN_OPTIONS = {
  prompt: {
    type: 'string',
    value: 'TEXT',
    help: 'the work to do, instead of PROMPT; - reads stdin',
  },
  'prompt-file': { type: 'string', value: 'FILE', help: 'the prompt, from a file; - is stdin' },
  plan: {
    type: 'string',
    value: 'FILE',
    help: 'file with a graph of tasks, YAML or JSON; skips the planning model',
  },
  repo: {
    type: 'string',
    multiple: true,
    value: 'PATH',
    help: 'a local repository; repeatable; default: the repository of this folder',
  },
  github: {
    type: 'string',
    multiple: true,
    value: 'OWNER/NAME',
    help: 'a repository on GitHub; repeatable',
  },
  base: {
    type: 'string',
    value: 'BRANCH',
    help: 'branch to start from; default: the current branch',
  },
  title: { type: 'string', value: 'TEXT', help: 'title of the plan' },
  simple: { type: 'boolean', help: 'one task: one agent, one pull request' },
  complex: { type: 'boolean', help: 'several tasks in a graph' },
  'auto-approve': { type: 'boolean', help: 'start the tasks without approval of the graph' },
  'allow-red-base': {
    type: 'boolean',
    help: 'start tasks at once, even if the base commit fails verification',
  },
  policy: {
    type: 'string',
    value: 'auto|review',
    help: 'auto (default) merges each task once it is verified; review also needs the approval of a person',
  },
  wait: { type: 'boolean', help: 'watch until the plan ends or needs a person' },
  agent: { type: 'string', value: 'NAME', help: `coding agent: ${AGENT_NAMES.join(', ')}` },
  'max-parallel': { type: 'string', value: 'N', help: 'maximum number of agents at the same time' },
  'max-usd': { type: 'string', value: 'USD', help: 'budget of the plan in USD' },
  'max-tokens': { type: 'string', value: 'N', help: 'budget of the plan in tokens' },
  interactive: { type: 'boolean', help: 'the agent stays for a conversation; implies --simple' },
} as const;
type RunValues = OptionValues<typeof RUN_OPTIONS>;

export const runCommand = defineCommand({
  name: 'run',
  summary: 'start a plan from a prompt or a graph of tasks',
  usage: 'PROMPT | --prompt-file FILE | --plan FILE  [--repo PATH]... [--wait]',
  argumentCount: { min: 0, max: 1 },
  options: RUN_OPTIONS,
  details:
    'The work starts from the last commit. The command lists uncommitted files, which the plan ignores.\n' +
    'Your work tree, your index and your current branch never change.\n' +
    'With --interactive, `smol-gang task message PLAN main "..."` continues the conversation, and `smol-gang task finish PLAN main` ends it and opens the pull request.',
  async run(context, [promptArgument], values) {
    const input = await readPlanInput(context, values, promptArgument);
    const options = parsePlanOptions(values);
    const client = await context.client();
    const repositories = await resolveRepositories(context, client, values);
    const body: CreatePlanInput = { ...input, ...options, repositories };
    const plan = await client.call(API.createPlan, { body }, { idempotencyKey: randomUUID() });
    if (values.wait === true) {
      if (!context.terminal.isJson)
        context.terminal.printNotes([[styleSpan('dim', `plan ${plan.id}`)]]);
      return waitForPlan(context, client, plan.id);
    }
    if (context.terminal.isJson) context.terminal.printJson({ plan });
    else context.terminal.printLines(renderCreatedPlan(plan.id, plan.title));
    return EXIT.done;
  },
});

function renderCreatedPlan(id: string, title: string) {
  return [
    [styleSpan('good', '✓ '), styleSpan('bold', title), styleSpan('dim', ` · plan ${id}`)],
    ['  follow the plan with  ', styleSpan('bold', `smol-gang status ${id} --watch`)],
  ] as const;
}

async function readPlanInput(
  context: CommandContext,
  values: RunValues,
  promptArgument: string | undefined,
): Promise<Pick<CreatePlanInput, 'prompt' | 'title' | 'graph'>> {
  if (promptArgument !== undefined && values.prompt !== undefined)
    throw createUsageError('give the prompt once: as an argument or with --prompt');
  const text = promptArgument ?? values.prompt;
  const hasPrompt = text !== undefined || values['prompt-file'] !== undefined;
  if (values.plan === undefined && !hasPrompt) {
    throw createUsageError(
      'the work to do is missing: give PROMPT, --prompt-file FILE or --plan FILE',
    );
  }
  const source = { argument: text, file: values['prompt-file'] };
  const prompt = hasPrompt ? await readTextInput(context, source, 'the prompt') : undefined;
  const graph = await readGraphFile(context, values.plan);
  const title = values.title ?? graph?.title;
  return {
    prompt: prompt ?? graph?.prompt ?? '',
    ...(title === undefined ? {} : { title }),
    ...(graph === undefined ? {} : { graph: graph.tasks }),
  };
}

async function readGraphFile(
  context: CommandContext,
  file: string | undefined,
): Promise<GraphFile | undefined> {
  if (file === undefined) return undefined;
  return parseGraphFile(await readInput(context, file), file === '-' ? 'stdin' : file);
}

function parsePlanOptions(values: RunValues): Omit<CreatePlanInput, 'repositories'> {
  if (values.simple === true && values.complex === true) {
    throw createUsageError('--simple and --complex exclude each other: give at most one of them');
  }
  if (values.plan !== undefined && (values.simple === true || values.interactive === true)) {
    throw createUsageError('--plan gives a graph of tasks: leave --simple and --interactive out');
  }
  const simpleOrAuto = values.simple === true ? 'simple' : 'auto';
  const maxUsd = parseNumberOption('max-usd', values['max-usd'], { min: 0.01, whole: false });
  const maxTokens = parseNumberOption('max-tokens', values['max-tokens'], { min: 1, whole: true });
  const maxParallel = parseNumberOption('max-parallel', values['max-parallel'], {
    min: 1,
    whole: true,
  });
  const agent = parseChoiceOption('agent', values.agent, AGENT_NAMES);
  return {
    complexity: values.complex === true ? 'complex' : simpleOrAuto,
    autoApprove: values['auto-approve'] === true,
    allowRedBase: values['allow-red-base'] === true,
    policy: parseChoiceOption('policy', values.policy, ['auto', 'review']) ?? 'auto',
    budget: {
      ...(maxUsd === undefined ? {} : { maxUsd }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
    },
    interactive: values.interactive === true,
    ...(maxParallel === undefined ? {} : { maxParallel }),
    ...(agent === undefined ? {} : { agent }),
  };
}
