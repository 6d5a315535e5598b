/** Page of a list with a cursor. */
export type Page<T> = {
  readonly items: readonly T[];
  /** Cursor of the next page; absent on the last page. */
  readonly next?: string | undefined;
};

/** Yields every item of a paged list in order; reads the next page only when the caller asks for more. */
export async function* listPages<T>(
  readPage: (after: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  let after: string | undefined;
  do {
    const page = await readPage(after);
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}
