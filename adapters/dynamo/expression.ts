import type { Change, Condition, Value } from '../../core/port/table.ts';
import { storedValue } from './stored-value.ts';

// Every name and every value goes through a placeholder: attribute names may be reserved words, and values are data.

export type Placeholders = {
  name(attribute: string): string;
  value(value: Value): string;
  /** For the request; absent where there are none, because DynamoDB refuses empty ones. */
  fields(): {
    ExpressionAttributeNames?: Record<string, string>;
    ExpressionAttributeValues?: Record<string, Value>;
  };
};

export function createPlaceholders(): Placeholders {
  const names = new Map<string, string>();
  const values: Record<string, Value> = {};
  let valueCount = 0;
  return {
    name(attribute) {
      const known = names.get(attribute);
      if (known !== undefined) return known;
      const placeholder = `#n${names.size}`;
      names.set(attribute, placeholder);
      return placeholder;
    },
    value(value) {
      const placeholder = `:v${valueCount}`;
      valueCount += 1;
      values[placeholder] = value;
      return placeholder;
    },
    fields() {
      const swapped = [...names].map(([attribute, placeholder]) => [placeholder, attribute]);
      return {
        ...(names.size > 0 ? { ExpressionAttributeNames: Object.fromEntries(swapped) } : {}),
        ...(valueCount > 0 ? { ExpressionAttributeValues: values } : {}),
      };
    },
  };
}

/** Undefined: there is nothing to hold. */
export function conditionExpression(
  condition: Condition | undefined,
  use: Placeholders,
): string | undefined {
  if (condition === undefined || condition.length === 0) return undefined;
  const parts = condition.map((part) => {
    const name = use.name(part.attribute);
    if ('is' in part) {
      return `${part.is === 'absent' ? 'attribute_not_exists' : 'attribute_exists'}(${name})`;
    }
    if ('below' in part) return `${name} < ${use.value(part.below)}`;
    return `${name} = ${use.value(part.equals)}`;
  });
  return parts.join(' AND ');
}

/** Undefined: nothing changes. Setting what is never stored (an empty set) removes the attribute. */
export function updateExpression(change: Change, use: Placeholders): string | undefined {
  const sets: string[] = [];
  const removes = (change.remove ?? []).map((name) => use.name(name));
  const assign = (path: string, value: Value) => {
    const stored = storedValue(value);
    if (stored === undefined) removes.push(path);
    else sets.push(`${path} = ${use.value(stored)}`);
  };
  for (const [name, value] of Object.entries(change.set ?? {})) assign(use.name(name), value);
  for (const [map, entries] of Object.entries(change.setIn ?? {})) {
    for (const [entry, value] of Object.entries(entries)) {
      assign(`${use.name(map)}.${use.name(entry)}`, value);
    }
  }
  for (const [map, entries] of Object.entries(change.removeIn ?? {})) {
    removes.push(...entries.map((entry) => `${use.name(map)}.${use.name(entry)}`));
  }
  const adds = Object.entries(change.add ?? {}).map(
    ([name, by]) => `${use.name(name)} ${use.value(by)}`,
  );
  const deletes = Object.entries(change.deleteFromSet ?? {})
    .filter(([, members]) => members.size > 0)
    .map(([name, members]) => `${use.name(name)} ${use.value(members)}`);
  const sections = [clause('SET', sets), clause('REMOVE', removes), clause('ADD', adds)];
  sections.push(clause('DELETE', deletes));
  return sections.filter((section) => section !== '').join(' ') || undefined;
}

function clause(verb: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${verb} ${parts.join(', ')}`;
}
