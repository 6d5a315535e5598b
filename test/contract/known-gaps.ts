import { test } from 'vitest';

/** Names of tests that a server is known not to pass, each with what it lacks. */
export type KnownGaps = {
  /** Run all the same: one that passes breaks the suite, and is taken off the list. */
  readonly fails?: Readonly<Record<string, string>>;
  /** Not run. */
  readonly skips?: Readonly<Record<string, string>>;
};

/** `test`, but of what is known to fail it is expected; the reason is in its name. */
export function createGapAwareTest({
  fails = {},
  skips = {},
}: KnownGaps): (name: string, work: () => Promise<void>) => void {
  return (name, work) => {
    const [known, skipped] = [fails[name], skips[name]];
    if (skipped !== undefined) test.skip(`${name} (lacking: ${skipped})`, work);
    else if (known !== undefined) test.fails(`${name} (lacking: ${known})`, work);
    else test(name, work);
  };
}
