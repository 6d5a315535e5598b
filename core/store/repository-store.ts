import type { Repository } from '../contract/repository.ts';
import type { Table } from '../port/table.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { KEY, REPOSITORIES_PARTITION } from '../topology/table-keys.ts';
import { decodeDocument, encodeDocument } from './document.ts';

/** Puts a new repository; returns false and changes nothing if the name is taken. */
export async function putRepository(table: Table, repository: Repository): Promise<boolean> {
  return table.put(
    { ...KEY.repository(repository.name), id: repository.id, doc: encodeDocument(repository) },
    ITEM_IS_ABSENT,
  );
}

export async function loadRepository(table: Table, name: string): Promise<Repository | undefined> {
  const item = await table.get(KEY.repository(name));
  return item === undefined ? undefined : decodeDocument<Repository>(item);
}

export async function listRepositories(
  table: Table,
  options: { readonly limit?: number; readonly after?: string } = {},
): Promise<{ readonly items: Repository[]; readonly next?: string }> {
  const page = await table.query(REPOSITORIES_PARTITION, options);
  return { items: page.items.map((item) => decodeDocument<Repository>(item)), next: page.next };
}

export async function removeRepository(table: Table, name: string): Promise<void> {
  await table.delete(KEY.repository(name));
}
