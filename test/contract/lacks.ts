import { test } from 'vitest';

/** Names of tests that a server is known not to pass, each with what it lacks. */
export type Lacks = Readonly<Record<string, string>>;

/** `test`, but what is known to fail is skipped, with the reason in its name. */
export function testsBut(lacks: Lacks): (name: string, work: () => Promise<void>) => void {
  return (name, work) => {
    const reason = lacks[name];
    if (reason === undefined) test(name, work);
    else test.skip(`${name} (lacking: ${reason})`, work);
  };
}
