import type { Item } from '../../core/port/table.ts';
import type { IndexDefinition } from '../../core/topology/table.ts';

/** Returns the attributes of an item that the index projects, including all key attributes. */
export function projectItem(index: IndexDefinition, item: Item): Item {
  const { projects } = index;
  if (projects === 'all') return item;
  const names = [index.hash, index.range, ...projects];
  const attributes = names.flatMap((name) =>
    item[name] === undefined ? [] : [[name, item[name]]],
  );
  return { pk: item.pk, sk: item.sk, ...Object.fromEntries(attributes) };
}
