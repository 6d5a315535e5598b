import { z } from 'zod';

// Reports about the paths of an attempt that a person or an agent should know.

export const UNCOMMITTED_CAUSES = [
  'ignored',
  'out_of_scope',
  'nested_repository',
  'special_file',
] as const;
/** Cause for which git or the platform does not commit a changed path. */
export type UncommittedCause = (typeof UNCOMMITTED_CAUSES)[number];

export const uncommittedSchema = z.object({
  /** First part of the paths; `.` for paths without a folder. */
  folder: z.string().max(200),
  count: z.number().int().min(1),
  cause: z.enum(UNCOMMITTED_CAUSES),
  examples: z.array(z.string().max(200)).max(3),
});
/** Paths of one folder that an attempt created or changed and that its commit does not contain. */
export type Uncommitted = z.infer<typeof uncommittedSchema>;
