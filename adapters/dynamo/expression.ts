import type { Change, Condition, Value } from '../../core/port/table.ts';
import { toStoredValue } from '../table/stored-value.ts';

// Builds the expressions of DynamoDB requests. Every attribute name becomes a placeholder, because attribute names may be reserved
// words; DynamoDB accepts values only as placeholders.

/** Collects the placeholders of one request. */
export type Placeholders = {
  /** Returns the placeholder of an attribute name. */
  addName(attribute: string): string;
  /** Returns a new placeholder for a value. */
  addValue(value: Value): string;
  /** Returns the fields for the request; omits empty fields, which DynamoDB rejects. */
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
      const existing = names.get(attribute);
      if (existing !== undefined) return existing;
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
      const attributes = [...names].map(([attribute, placeholder]) => [placeholder, attribute]);
      return {
        ...(names.size > 0 ? { ExpressionAttributeNames: Object.fromEntries(attributes) } : {}),
        ...(valueCount > 0 ? { ExpressionAttributeValues: values } : {}),
      };
    },
  };
}

/** Builds a condition expression; returns undefined for no condition. */
export function buildConditionExpression(
  condition: Condition | undefined,
  placeholders: Placeholders,
): string | undefined {
  if (condition === undefined || condition.length === 0) return undefined;
  const parts = condition.map((part) => {
    const name = placeholders.addName(part.attribute);
    if ('is' in part) {
      return `${part.is === 'absent' ? 'attribute_not_exists' : 'attribute_exists'}(${name})`;
    }
    if ('below' in part) return `${name} < ${placeholders.addValue(part.below)}`;
    return `${name} = ${placeholders.addValue(part.equals)}`;
  });
  return parts.join(' AND ');
}

/** Builds an update expression; returns undefined for an empty change. Setting an empty set removes the attribute. */
export function buildUpdateExpression(
  change: Change,
  placeholders: Placeholders,
): string | undefined {
  const sets: string[] = [];
  const removes = (change.remove ?? []).map((name) => placeholders.addName(name));
  const assign = (path: string, value: Value) => {
    const storedValue = toStoredValue(value);
    if (storedValue === undefined) removes.push(path);
    else sets.push(`${path} = ${placeholders.addValue(storedValue)}`);
  };
  for (const [name, value] of Object.entries(change.set ?? {}))
    assign(placeholders.addName(name), value);
  for (const [map, entries] of Object.entries(change.setIn ?? {})) {
    for (const [entry, value] of Object.entries(entries)) {
      assign(`${placeholders.addName(map)}.${placeholders.addName(entry)}`, value);
    }
  }
  for (const [map, entries] of Object.entries(change.removeIn ?? {})) {
    removes.push(
      ...entries.map((entry) => `${placeholders.addName(map)}.${placeholders.addName(entry)}`),
    );
  }
  const adds = Object.entries(change.add ?? {}).map(
    ([name, amount]) => `${placeholders.addName(name)} ${placeholders.addValue(amount)}`,
  );
  const deletes = Object.entries(change.deleteFromSet ?? {})
    .filter(([, members]) => members.size > 0)
    .map(([name, members]) => `${placeholders.addName(name)} ${placeholders.addValue(members)}`);
  const clauses = [
    buildClause('SET', sets),
    buildClause('REMOVE', removes),
    buildClause('ADD', adds),
    buildClause('DELETE', deletes),
  ];
  return clauses.filter((clause) => clause !== '').join(' ') || undefined;
}

function buildClause(verb: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${verb} ${parts.join(', ')}`;
}
