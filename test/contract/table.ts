import type { Table } from '../../core/port/table.ts';
import { createTableFixture } from './table-fixture.ts';
import { tableItems } from './table-items.ts';
import { tableLists } from './table-lists.ts';

/** What every `Table` does. `start` is called once. */
export function tableContract(name: string, start: () => Promise<Table>): void {
  const fixture = createTableFixture(start);
  tableItems(name, fixture);
  tableLists(name, fixture);
}
