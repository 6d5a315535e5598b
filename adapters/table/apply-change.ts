import type { Change, Condition, Item, Key, Value } from '../../core/port/table.ts';
import { createRefusal, toStoredValue } from './stored-value.ts';

// Evaluates conditions and applies changes to plain objects, with the semantics of DynamoDB.

/** Attributes of an item, or entries of a map in an item. */
type Attributes = Record<string, Value>;

/** Returns true if the item meets all parts of the condition; `item` undefined: the item does not exist. */
export function isConditionMet(item: Item | undefined, condition: Condition = []): boolean {
  return condition.every((part) => {
    const value = item?.[part.attribute];
    if ('is' in part) return (value === undefined) === (part.is === 'absent');
    if ('below' in part) return typeof value === 'number' && value < part.below;
    return value === part.equals;
  });
}

/** Returns a new item with the change applied to the attributes of `existing`, which stays unchanged. */
export function applyChange(key: Key, existing: Item | undefined, change: Change): Item {
  requireDistinctPaths(change);
  const next: Attributes = {};
  for (const [name, value] of Object.entries(existing ?? {})) {
    if (value !== undefined) next[name] = value;
  }
  for (const [name, value] of Object.entries(change.set ?? {})) assignValue(next, name, value);
  for (const name of change.remove ?? []) delete next[name];
  for (const [name, entries] of Object.entries(change.setIn ?? {})) {
    const map = requireMap(next, name);
    for (const [entry, value] of Object.entries(entries)) assignValue(map, entry, value);
    next[name] = map;
  }
  for (const [name, entries] of Object.entries(change.removeIn ?? {})) {
    const map = requireMap(next, name);
    for (const entry of entries) delete map[entry];
    next[name] = map;
  }
  for (const [name, increment] of Object.entries(change.add ?? {}))
    next[name] = addNumber(next[name], increment);
  for (const [name, members] of Object.entries(change.deleteFromSet ?? {})) {
    deleteMembers(next, name, members);
  }
  return { ...next, pk: key.pk, sk: key.sk };
}

function assignValue(target: Attributes, name: string, value: Value): void {
  const stored = toStoredValue(value);
  if (stored === undefined) delete target[name];
  else target[name] = stored;
}

function requireMap(target: Attributes, name: string): Attributes {
  const map = target[name];
  const isMap = typeof map === 'object' && map !== null && !Array.isArray(map);
  if (!isMap || map instanceof Set)
    throw createRefusal(`the attribute ${name} of the item is not a map`);
  return { ...Object.fromEntries(Object.entries(map)) };
}

function addNumber(value: Value | undefined, increment: number): number {
  if (value === undefined) return increment;
  if (typeof value !== 'number')
    throw createRefusal('only a number can be added to, but the attribute has another type');
  return value + increment;
}

function deleteMembers(
  target: Attributes,
  name: string,
  members: ReadonlySet<number> | ReadonlySet<string>,
): void {
  const value = target[name];
  if (members.size === 0 || value === undefined) return;
  if (!(value instanceof Set))
    throw createRefusal(`the attribute ${name} of the item is not a set`);
  const removed = new Set<unknown>(members);
  const remaining = [...value].filter((member) => !removed.has(member));
  if (remaining.length === 0) delete target[name];
  else target[name] = new Set(remaining);
}

/** Throws if two parts of a change concern the same attribute, or an entry of a map that another part replaces, like DynamoDB. */
function requireDistinctPaths(change: Change): void {
  const attributes = [change.set, change.add, change.deleteFromSet].flatMap((part) =>
    Object.keys(part ?? {}),
  );
  attributes.push(...(change.remove ?? []));
  const entries = [
    ...Object.entries(change.setIn ?? {}).map(([map, part]) => [map, Object.keys(part)] as const),
    ...Object.entries(change.removeIn ?? {}),
  ].flatMap(([map, names]) => names.map((name) => `${map}.${name}`));
  const paths = [...attributes, ...entries];
  const hasOverlap = entries.some((path) => attributes.includes(path.slice(0, path.indexOf('.'))));
  if (hasOverlap || new Set(paths).size < paths.length)
    throw createRefusal('two parts of the change concern the same attribute or map entry');
  if (attributes.includes('pk') || attributes.includes('sk'))
    throw createRefusal('the key attributes pk and sk cannot be changed');
}
