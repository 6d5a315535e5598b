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
  prompt: { type: 'string', value: 'TEXT', help: 'what is to be done; - reads it from stdin' },
  'prompt-file': { type: 'string', value: 'FILE', help: 'the prompt, from a file' },
  plan: {
    type: 'string',
    value: 'FILE',
    help: 'a graph of your own, YAML or JSON: no model plans',
  },
  repo: { type: 'string', multiple: true, value: 'PATH', help: 'a local repository; default . ' },
  github: { type: 'string', multiple: true, value: 'OWNER/NAME', help: 'a repository on GitHub' },
  base: {
    type: 'string',
    value: 'BRANCH',
    help: 'start from this branch; default: the current one',
  },
  title: { type: 'string', value: 'TEXT', help: 'a name for the plan' },
  simple: { type: 'boolean', help: 'one agent, one pull request' },
  complex: { type: 'boolean', help: 'a plan of several tasks' },
  'auto-approve': { type: 'boolean', help: 'start without asking' },
  policy: { type: 'string', value: 'auto|review', help: 'merge verified tasks, or a person does' },
  wait: { type: 'boolean', help: 'watch until it ends or needs a person' },
  agent: { type: 'string', value: 'NAME', help: 'which coding agent' },
  'max-parallel': { type: 'string', value: 'N', help: 'agents at once' },
  'max-usd': { type: 'string', value: 'USD', help: 'budget of the whole plan' },
  'max-tokens': { type: 'string', value: 'N', help: 'budget of the whole plan' },
  interactive: { type: 'boolean', help: 'the agent stays for a conversation; implies --simple' },
} as const;
type RunValues = OptionValues<typeof RUN_OPTIONS>;

export const runCommand = defineCommand({
  name: 'run',
  summary: 'hand in a prompt or a graph of tasks',
  usage: '--prompt TEXT | --prompt-file FILE | --plan FILE  [--repo PATH]... [--wait]',
  words: { min: 0, max: 0 },
  options: RUN_OPTIONS,
  details:
    'Work starts from the commit that HEAD points to; what is not committed is named and not taken.\n' +
    'Your work tree, index and current branch are never changed.',
  async run(context, _words, values) {
    const work = await readPlanInput(context, values);
    const options = parsePlanOptions(values);
    const client = await context.client();
    const repositories = await resolveRepositories(context, client, values);
    const body: CreatePlanInput = { ...work, ...options, repositories };
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
    ['  follow it with  ', styleSpan('bold', `smol-gang status ${id} --watch`)],
  ] as const;
}

async function readPlanInput(
  context: CommandContext,
  values: RunValues,
): Promise<Pick<CreatePlanInput, 'prompt' | 'title' | 'graph'>> {
  const hasPrompt = values.prompt !== undefined || values['prompt-file'] !== undefined;
  if (values.plan === undefined && !hasPrompt) {
    throw createUsageError(
      'say what is to be done: --prompt TEXT, --prompt-file FILE or --plan FILE',
    );
  }
  const given = { word: values.prompt, file: values['prompt-file'] };
  const prompt = hasPrompt ? await readTextInput(context, given, 'the prompt') : undefined;
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
    throw createUsageError('--simple and --complex exclude each other');
  }
  if (values.plan !== undefined && (values.simple === true || values.interactive === true)) {
    throw createUsageError('--plan brings a graph: --simple and --interactive do not go with it');
  }
  const asked = values.simple === true ? 'simple' : 'auto';
  const maxUsd = parseNumberOption('max-usd', values['max-usd'], { min: 0.01, whole: false });
  const maxTokens = parseNumberOption('max-tokens', values['max-tokens'], { min: 1, whole: true });
  const maxParallel = parseNumberOption('max-parallel', values['max-parallel'], {
    min: 1,
    whole: true,
  });
  const agent = parseChoiceOption('agent', values.agent, AGENT_NAMES);
  return {
    complexity: values.complex === true ? 'complex' : asked,
    autoApprove: values['auto-approve'] === true,
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
