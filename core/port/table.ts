// Interface to the store: the single-item operations of DynamoDB, without transactions, scans and streams. A change of several
// items is a sequence of idempotent steps.

/** Value that a condition can compare. */
export type Scalar = string | number | boolean | null;
/** Value of an attribute. */
export type Value =
  | Scalar
  | readonly Value[]
  | { readonly [name: string]: Value | undefined }
  | ReadonlySet<number>
  | ReadonlySet<string>;

/** Partition key and sort key of an item. */
export type Key = { readonly pk: string; readonly sk: string };
/** Item of the table. Attributes with the value `undefined` are not stored. DynamoDB removes a set that becomes empty. */
export type Item = Key & { readonly [name: string]: Value | undefined };

/** Conditions on top-level attributes; a write succeeds only if all conditions hold. `below` means less than the number. */
export type Condition = readonly (
  | { readonly attribute: string; readonly is: 'absent' | 'present' }
  | { readonly attribute: string; readonly equals: Scalar }
  | { readonly attribute: string; readonly below: number }
)[];

/** Condition that no item has the key. */
export const ITEM_IS_ABSENT: Condition = [{ attribute: 'pk', is: 'absent' }];
/** Condition that an item has the key. */
export const ITEM_IS_PRESENT: Condition = [{ attribute: 'pk', is: 'present' }];

/** Change of top-level attributes; `setIn` and `removeIn` change entries of an existing map attribute. */
export type Change = {
  readonly set?: { readonly [name: string]: Value };
  readonly remove?: readonly string[];
  readonly add?: { readonly [name: string]: number };
  readonly deleteFromSet?: { readonly [name: string]: ReadonlySet<number> | ReadonlySet<string> };
  readonly setIn?: { readonly [map: string]: { readonly [entry: string]: Value } };
  readonly removeIn?: { readonly [map: string]: readonly string[] };
};

/** Page of items in order. `next` is the cursor of the next page; absent on the last page. */
export type Page = { readonly items: readonly Item[]; readonly next?: string };

/** Options of a query. */
export type QueryOptions = {
  /** Maximum number of items of the page. */
  readonly limit?: number;
  /** True for descending order. */
  readonly reverse?: boolean;
  /** Cursor: `next` of the previous page. */
  readonly after?: string;
};

/** Name of an index (core/topology/table.ts). An index lists the items that have both of its attributes. */
export type IndexName = 'due' | 'ready' | 'changes';

/**
 * Interface to the table. All methods may throw an AppError of kind `paused` (throttled, with `until`), `transient` (network fault or
 * 5xx response), `invalid` (item too large, or a cursor of another query) or `bug` (the table rejects the request as malformed).
 */
export interface Table {
  /** Reads an item with strong consistency; returns undefined if no item has the key. */
  get(key: Key): Promise<Item | undefined>;
  /** Writes the whole item. Returns false, and writes nothing, if the condition does not hold. */
  put(item: Item, condition?: Condition): Promise<boolean>;
  /**
   * Changes an item and returns the new item. Returns undefined, and writes nothing, if the condition does not hold. Without a
   * condition, creates a missing item.
   */
  update(key: Key, change: Change, condition?: Condition): Promise<Item | undefined>;
  /** Deletes an item if it exists. Returns false if the condition does not hold. */
  delete(key: Key, condition?: Condition): Promise<boolean>;
  /**
   * Reads items of one partition with strong consistency, ordered by `sk`: keys that start with `prefix` and are not below `from`.
   */
  query(
    pk: string,
    options?: QueryOptions & { readonly prefix?: string; readonly from?: string },
  ): Promise<Page>;
  /**
   * Reads items of an index, ordered by the range attribute; bounds are inclusive. Eventually consistent: recent writes may be
   * missing.
   */
  queryIndex(
    name: IndexName,
    hash: string,
    options?: QueryOptions & { readonly from?: number; readonly to?: number },
  ): Promise<Page>;
}
