import { z } from 'zod';

/** Query of a list: how many, and where the page before it ended. */
export const pageQueryFields = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(2_000).optional(),
};

export function createListSchema<T extends z.ZodType>(items: T) {
  return z.object({ items: z.array(items), next: z.string().optional() });
}
