import { z } from 'zod';

/** Changes between two commits as a patch for `git apply`. */
export const patchSchema = z.object({
  repo: z.string(),
  base: z.string(),
  head: z.string(),
  patch: z.string(),
  /** True if the patch is longer than 2 MB: the rest is missing. */
  truncated: z.boolean(),
});
export type Patch = z.infer<typeof patchSchema>;
