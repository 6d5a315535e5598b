/** Returns the element at an index; throws a RangeError if the index is out of bounds. */
export function elementAt<T>(list: ArrayLike<T>, index: number): T {
  const value = list[index];
  if (value === undefined)
    throw new RangeError(`no element at index ${index} in a list of ${list.length} elements`);
  return value;
}
