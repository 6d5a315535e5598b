import type { Change, Condition, Value } from '../../core/port/table.ts';
import { toStoredValue } from './stored-value.ts';

// Every name and every value goes through a placeholder: attribute names may be reserved words, and values are data.

export type Placeholders = {
  addName(attribute: string): string;
  addValue(value: Value): string;
  /** For the request; absent where there are none, because DynamoDB refuses empty ones. */
  listFields(): {
    readonly ExpressionAttributeNames?: Record<string, string>;
    readonly ExpressionAttributeValues?: Record<string, Value>;
  };
};

export function createPlaceholders(): Placeholders {
  const names = new Map<string, string>();
  const values: Record<string, Value> = {};
  let valueCount = 0;
  return {
    addName(attribute) {
      const known = names.get(attribute);
      if (known !== undefined) return known;
      const placeholder = `#n${names.size}`;
      names.set(attribute, placeholder);
      return placeholder;
    },
    addValue(value) {
      const placeholder = `:v${valueCount}`;
      valueCount += 1;
      values[placeholder] = value;
      return placeholder;
    },
    listFields() {
      const swapped = [...names].map(([attribute, placeholder]) => [placeholder, attribute]);
      return {
        ...(names.size > 0 ? { ExpressionAttributeNames: Object.fromEntries(swapped) } : {}),
        ...(valueCount > 0 ? { ExpressionAttributeValues: values } : {}),
      };
    },
  };
}

/** Undefined: there is nothing to hold. */
export function buildConditionExpression(
  condition: Condition | undefined,
  use: Placeholders,
): string | undefined {
  if (condition === undefined || condition.length === 0) return undefined;
  const parts = condition.map((part) => {
    const name = use.addName(part.attribute);
    if ('is' in part) {
      return `${part.is === 'absent' ? 'attribute_not_exists' : 'attribute_exists'}(${name})`;
    }
    if ('below' in part) return `${name} < ${use.addValue(part.below)}`;
    return `${name} = ${use.addValue(part.equals)}`;
  });
  return parts.join(' AND ');
}

/** Undefined: nothing changes. Setting what is never stored (an empty set) removes the attribute. */
export function buildUpdateExpression(change: Change, use: Placeholders): string | undefined {
  const sets: string[] = [];
  const removes = (change.remove ?? []).map((name) => use.addName(name));
  const assign = (path: string, value: Value) => {
    const stored = toStoredValue(value);
    if (stored === undefined) removes.push(path);
    else sets.push(`${path} = ${use.addValue(stored)}`);
  };
  for (const [name, value] of Object.entries(change.set ?? {})) assign(use.addName(name), value);
  for (const [map, entries] of Object.entries(change.setIn ?? {})) {
    for (const [entry, value] of Object.entries(entries)) {
      assign(`${use.addName(map)}.${use.addName(entry)}`, value);
    }
  }
  for (const [map, entries] of Object.entries(change.removeIn ?? {})) {
    removes.push(...entries.map((entry) => `${use.addName(map)}.${use.addName(entry)}`));
  }
  const adds = Object.entries(change.add ?? {}).map(
    ([name, by]) => `${use.addName(name)} ${use.addValue(by)}`,
  );
  const deletes = Object.entries(change.deleteFromSet ?? {})
    .filter(([, members]) => members.size > 0)
    .map(([name, members]) => `${use.addName(name)} ${use.addValue(members)}`);
  const sections = [
    buildClause('SET', sets),
    buildClause('REMOVE', removes),
    buildClause('ADD', adds),
  ];
  sections.push(buildClause('DELETE', deletes));
  return sections.filter((section) => section !== '').join(' ') || undefined;
}

function buildClause(verb: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${verb} ${parts.join(', ')}`;
}
