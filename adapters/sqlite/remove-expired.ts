import { TABLE } from '../../core/topology/table.ts';
import type { EmbeddedStore } from './open-store.ts';

/** Number of items that one transaction removes, so that other calls wait for milliseconds only. */
const ITEMS_PER_TRANSACTION = 500;
/** Age at which a dead letter is removed, milliseconds; the longest retention of SQS. */
const DEAD_LETTER_RETENTION_MS = 14 * 86_400_000;

/** Removes items that expired before `nowSeconds` (epoch seconds), and old dead letters; returns the number of items. */
export async function removeExpired(
  { database, commits }: EmbeddedStore,
  nowSeconds: number,
  signal?: AbortSignal,
): Promise<number> {
  const removeItems = database.prepare(
    `delete from item where rowid in (select rowid from item where ${TABLE.ttl} < ? limit ${ITEMS_PER_TRANSACTION})`,
  );
  const removeDeadLetters = database.prepare(
    'delete from message where is_dead = 1 and visible_at < ?',
  );
  let removedCount = 0;
  let changes = ITEMS_PER_TRANSACTION;
  while (changes === ITEMS_PER_TRANSACTION && signal?.aborted !== true) {
    changes = await commits.write(() => Number(removeItems.run(nowSeconds).changes));
    removedCount += changes;
  }
  await commits.write(() => removeDeadLetters.run(nowSeconds * 1_000 - DEAD_LETTER_RETENTION_MS));
  return removedCount;
}
