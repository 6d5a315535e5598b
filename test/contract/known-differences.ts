import { test } from 'vitest';

/** Tests that a server is known to fail, by name, each with the missing feature. */
export type KnownDifferences = {
  /** Expected to fail. A test that passes fails the suite, so that its entry is removed. */
  readonly fails?: Readonly<Record<string, string>>;
  /** Not run at all. */
  readonly skips?: Readonly<Record<string, string>>;
};

/** Returns a `test` function that expects the known failures and adds the missing feature to the name. */
export function createTest({
  fails = {},
  skips = {},
}: KnownDifferences): (name: string, run: () => Promise<void>) => void {
  return (name, run) => {
    const [missing, skipped] = [fails[name], skips[name]];
    if (skipped !== undefined) test.skip(`${name} (missing: ${skipped})`, run);
    else if (missing !== undefined) test.fails(`${name} (missing: ${missing})`, run);
    else test(name, run);
  };
}
