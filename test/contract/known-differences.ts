import { test } from 'vitest';

/** Tests that a server cannot pass, by name, each with the feature that the server lacks. */
export type KnownDifferences = {
  /** Tests that must fail. A listed test that passes fails the suite, so that its outdated entry is removed. */
  readonly fails?: Readonly<Record<string, string>>;
  /** Tests that are not run. */
  readonly skips?: Readonly<Record<string, string>>;
};

/** Returns a `test` function that expects the listed failures, and that adds the missing feature to the names of listed tests. */
export function createTest({
  fails = {},
  skips = {},
}: KnownDifferences): (name: string, run: () => Promise<void>) => void {
  return (name, run) => {
    const [failReason, skipReason] = [fails[name], skips[name]];
    if (skipReason !== undefined) test.skip(`${name} (missing: ${skipReason})`, run);
    else if (failReason !== undefined) test.fails(`${name} (missing: ${failReason})`, run);
    else test(name, run);
  };
}
