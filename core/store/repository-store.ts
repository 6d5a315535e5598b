import type { Repository } from '../contract/repository.ts';
import type { Table } from '../port/table.ts';
import { decodeDocument, encodeDocument } from './document.ts';
import { KEY } from './key.ts';

export async function putRepository(table: Table, repository: Repository): Promise<boolean> {
  return table.put(
    { ...KEY.repository(repository.name), id: repository.id, doc: encodeDocument(repository) },
    [{ attribute: 'pk', is: 'absent' }],
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
  const page = await table.query('REPOSITORY', options);
  return { items: page.items.map((item) => decodeDocument<Repository>(item)), next: page.next };
}

export async function removeRepository(table: Table, name: string): Promise<void> {
  await table.delete(KEY.repository(name));
}
