import { z } from 'zod';

/** Query parameters of a list: the page size, and as `cursor` the value `next` of the previous page. */
export const pageQueryFields = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(2_000).optional(),
};

/** Creates the schema of one page of a list; `next` is absent on the last page. */
export function createListSchema<T extends z.ZodType>(items: T) {
  return z.object({ items: z.array(items), next: z.string().optional() });
}
