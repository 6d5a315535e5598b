import type { TaskSpec } from '../../../core/contract/task.ts';
import { taskSpecSchema } from '../../../core/contract/task.ts';
import { createUsageError } from '../../cli-error.ts';
import { describeParseError } from '../../client/http-error.ts';
import type { CommandContext, OptionValues } from '../../define-command.ts';
import { parseChoiceOption, parseNumberOption } from '../../define-command.ts';
import { readInput } from '../read-input.ts';

/** Options that set the fields of a task. */
export const TASK_OPTIONS = {
  title: { type: 'string', value: 'TEXT', help: 'short title, for lists and pull requests' },
  description: { type: 'string', value: 'TEXT', help: 'the work, as the agent reads it' },
  'description-file': {
    type: 'string',
    value: 'FILE',
    help: 'the description, from a file; - is stdin',
  },
  criterion: {
    type: 'string',
    multiple: true,
    value: 'TEXT',
    help: 'acceptance criterion; repeatable',
  },
  scope: {
    type: 'string',
    multiple: true,
    value: 'PATH',
    help: 'path that the task may change; repeatable',
  },
  tier: { type: 'string', value: 'TIER', help: 'model for the task: auto, light or heavy' },
  repo: {
    type: 'string',
    value: 'OWNER/NAME',
    help: 'repository that the task changes; must be a repository of the plan',
  },
  estimate: { type: 'string', value: 'MINUTES', help: 'estimated duration in minutes' },
} as const;
/** Values of TASK_OPTIONS. */
export type TaskValues = OptionValues<typeof TASK_OPTIONS>;

type TaskFields = Partial<
  Pick<TaskSpec, 'title' | 'description' | 'criteria' | 'scope' | 'tier' | 'repo' | 'estimate'>
>;

/** Returns the fields for which options were given; other fields are absent. */
export async function readTaskFields(
  context: CommandContext,
  values: TaskValues,
): Promise<TaskFields> {
  const file = values['description-file'];
  if (file !== undefined && values.description !== undefined) {
    throw createUsageError('give either --description or --description-file, not both');
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

/**
 * Creates a task from its fields and fills in the defaults.
 *
 * @throws CliError with exit code `usage` that names the wrong fields
 */
export function createTaskSpec(fields: object): TaskSpec {
  const parsed = taskSpecSchema.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw createUsageError(`the task is not valid: ${describeParseError(parsed.error)}`);
}
