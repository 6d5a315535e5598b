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

const CAUSE_TEXTS: Readonly<Record<UncommittedCause, string>> = {
  ignored: 'ignored by git',
  out_of_scope: 'in the scope of another task',
  nested_repository: 'in another git repository inside the workspace',
  special_file: 'not a regular file',
};

/** Describes a group in a few words, such as "12 files in build/ (ignored by git), for example build/out.js". */
export function describeUncommitted({ folder, count, cause, examples }: Uncommitted): string {
  const files = count === 1 ? '1 file' : `${count} files`;
  const where = folder === '.' ? 'in the top folder' : `in ${folder}/`;
  const example = examples[0] === undefined ? '' : `, for example ${examples[0]}`;
  return `${files} ${where} (${CAUSE_TEXTS[cause]})${example}`;
}
