import type { TaskSpec } from '../contract/task.ts';
import { taskSpecSchema } from '../contract/task.ts';

/** Creates a valid task for tests; the schema supplies defaults for absent fields. */
export function makeTask(id: string, fields: Partial<TaskSpec> = {}): TaskSpec {
  return taskSpecSchema.parse({
    id,
    description: `Write the ${id} module and its unit tests`,
    criteria: ['its tests pass'],
    ...fields,
  });
}
