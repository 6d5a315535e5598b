// The store as the core sees it: DynamoDB's single-item operations and nothing more. No transaction, no scan, no stream:
// what needs more than one item is made of idempotent steps.

export type Scalar = string | number | boolean | null;
export type Value =
  | Scalar
  | readonly Value[]
  | { readonly [name: string]: Value | undefined }
  | ReadonlySet<number>
  | ReadonlySet<string>;

export type Key = { readonly pk: string; readonly sk: string };
/** Attributes whose value is `undefined` are not stored. A stored set is never empty: DynamoDB drops an emptied one. */
export type Item = Key & { readonly [name: string]: Value | undefined };

/** All must hold. Paths are top-level attribute names. */
export type Condition = readonly (
  | { readonly attribute: string; readonly is: 'absent' | 'present' }
  | { readonly attribute: string; readonly equals: Scalar }
  | { readonly attribute: string; readonly below: number }
)[];

/** Condition that no item has the key. */
export const ITEM_IS_ABSENT: Condition = [{ attribute: 'pk', is: 'absent' }];
/** Condition that an item has the key. */
export const ITEM_IS_PRESENT: Condition = [{ attribute: 'pk', is: 'present' }];

/** Top-level attributes, except `setIn` and `removeIn`, which address one entry of a map attribute that exists. */
export type Change = {
  readonly set?: { readonly [name: string]: Value };
  readonly remove?: readonly string[];
  readonly add?: { readonly [name: string]: number };
  readonly deleteFromSet?: { readonly [name: string]: ReadonlySet<number> | ReadonlySet<string> };
  readonly setIn?: { readonly [map: string]: { readonly [entry: string]: Value } };
  readonly removeIn?: { readonly [map: string]: readonly string[] };
};

export type Page = { readonly items: readonly Item[]; readonly next?: string };

export type QueryOptions = {
  readonly limit?: number;
  /** Newest (highest) first. */
  readonly reverse?: boolean;
  /** `next` of the page before; opaque. */
  readonly after?: string;
};

/** The sparse indexes of core/topology/table.ts; an item is in one when it has both of the index's attributes. */
export type IndexName = 'due' | 'ready' | 'changes';

export interface Table {
  /** Strongly consistent. */
  get(key: Key): Promise<Item | undefined>;
  /** Replaces the whole item. False: the condition did not hold and nothing was written. */
  put(item: Item, condition?: Condition): Promise<boolean>;
  /** The new item; undefined: the condition did not hold and nothing was written. Without a condition it creates. */
  update(key: Key, change: Change, condition?: Condition): Promise<Item | undefined>;
  /** False: the condition did not hold. Deleting what is not there is no error. */
  delete(key: Key, condition?: Condition): Promise<boolean>;
  /** Items of one partition in order of `sk`; strongly consistent. */
  query(
    pk: string,
    options?: QueryOptions & { readonly prefix?: string; readonly from?: string },
  ): Promise<Page>;
  /** Eventually consistent: an answer may be late, and is a hint only. Bounds are inclusive. */
  index(
    name: IndexName,
    hash: string,
    options?: QueryOptions & { readonly from?: number; readonly to?: number },
  ): Promise<Page>;
}
