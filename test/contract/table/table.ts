import type { Table } from '../../../core/port/table.ts';
import { createTableFixture } from './table-fixture.ts';
import { describeTableItems } from './table-items.ts';
import { describeTableLists } from './table-lists.ts';

/** Describes the contract of every `Table`. `start` is called once. */
export function describeTableContract(name: string, start: () => Promise<Table>): void {
  const fixture = createTableFixture(start);
  describeTableItems(name, fixture);
  describeTableLists(name, fixture);
}
