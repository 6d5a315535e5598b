import { z } from 'zod';

const resultSchema = z
  .object({
    batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish(),
  })
  .nullish();

/**
 * Which of a batch failed, by the handler's result. As in Lambda, a result that cannot be read, or that names a message
 * that was not in the batch, fails all of it.
 */
export function findFailedMessages(result: unknown, ids: readonly string[]): ReadonlySet<string> {
  const parsed = resultSchema.safeParse(result);
  if (!parsed.success) return new Set(ids);
  const named = (parsed.data?.batchItemFailures ?? []).map((failure) => failure.itemIdentifier);
  if (named.some((id) => !ids.includes(id))) return new Set(ids);
  return new Set(named);
}
