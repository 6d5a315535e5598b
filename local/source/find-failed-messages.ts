import { z } from 'zod';

const resultSchema = z
  .object({
    batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish(),
  })
  .nullish();

/**
 * Returns the ids of the failed messages, according to the handler's result. As in AWS Lambda, the whole batch fails for an
 * invalid result and for a result with an unknown message id.
 */
export function findFailedMessages(result: unknown, ids: readonly string[]): ReadonlySet<string> {
  const parsed = resultSchema.safeParse(result);
  if (!parsed.success) return new Set(ids);
  const failedIds = (parsed.data?.batchItemFailures ?? []).map((failure) => failure.itemIdentifier);
  if (failedIds.some((id) => !ids.includes(id))) return new Set(ids);
  return new Set(failedIds);
}
