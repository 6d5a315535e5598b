/**
 * Returns a function that creates a value at its first call and returns the same value later. If `create` throws, the next call
 * tries again.
 */
export function once<T>(create: () => T): () => T {
  let cached: { readonly value: T } | undefined;
  return () => {
    cached ??= { value: create() };
    return cached.value;
  };
}
