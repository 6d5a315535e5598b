import type { TaskSpec } from '../../../core/contract/task.ts';
import { taskSpecSchema } from '../../../core/contract/task.ts';
import { createUsageError } from '../../cli-error.ts';
import { describeParseError } from '../../client/http-error.ts';
import type { CommandContext, OptionValues } from '../../define-command.ts';
import { parseChoiceOption, parseNumberOption } from '../../define-command.ts';
import { readInput } from '../read-input.ts';

/** What a task is made of, on the command line. */
export const TASK_OPTIONS = {
  title: { type: 'string', value: 'TEXT', help: 'a short name for lists and pull requests' },
  description: { type: 'string', value: 'TEXT', help: 'what the agent is told' },
  'description-file': { type: 'string', value: 'FILE', help: 'the same, from a file' },
  criterion: { type: 'string', multiple: true, value: 'TEXT', help: 'when it is done; repeatable' },
  scope: { type: 'string', multiple: true, value: 'PATH', help: 'what it may change; repeatable' },
  tier: { type: 'string', value: 'TIER', help: 'auto, light or heavy' },
  repo: { type: 'string', value: 'OWNER/NAME', help: 'which repository of the plan' },
  estimate: { type: 'string', value: 'MINUTES', help: 'how long it may take' },
} as const;
export type TaskValues = OptionValues<typeof TASK_OPTIONS>;

type TaskFields = Partial<
  Pick<TaskSpec, 'title' | 'description' | 'criteria' | 'scope' | 'tier' | 'repo' | 'estimate'>
>;

/** The fields that were given; others are absent. */
export async function readTaskFields(
  context: CommandContext,
  values: TaskValues,
): Promise<TaskFields> {
  const file = values['description-file'];
  if (file !== undefined && values.description !== undefined) {
    throw createUsageError('give the description as text or as a file, not both');
  }
  const description = file === undefined ? values.description : await readInput(context, file);
  const fields = {
    title: values.title,
    description,
    criteria: values.criterion,
    scope: values.scope,
    tier: parseChoiceOption('tier', values.tier, ['auto', 'light', 'heavy']),
    repo: values.repo,
    estimate: parseNumberOption('estimate', values.estimate, { min: 0.1, whole: false }),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A whole task out of fields; problems are named by their field. */
export function createTaskSpec(fields: object): TaskSpec {
  const parsed = taskSpecSchema.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw createUsageError(`the task is not complete: ${describeParseError(parsed.error)}`);
}
