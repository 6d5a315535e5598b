import type { TestForge } from '../support/forge/test-forge.ts';
import { describeForgeBranches } from './forge-branch.ts';
import { describeForgeChecks } from './forge-check.ts';
import { describeForgeFaults } from './forge-fault.ts';
import { describeForgeMerges } from './forge-merge.ts';
import { describeForgePulls } from './forge-pull.ts';
import { describeForgeWebhooks } from './forge-webhook.ts';
import type { KnownGaps } from './known-gaps.ts';

/** What any forge must do for the core, whichever adapter and server are behind it. */
export function describeForge(
  name: string,
  start: () => Promise<TestForge>,
  lacks: KnownGaps = {},
): void {
  describeForgeBranches(name, start, lacks);
  describeForgePulls(name, start, lacks);
  describeForgeMerges(name, start, lacks);
  describeForgeChecks(name, start, lacks);
}

/** What only a server does that fails and calls back on demand. */
export function describeUnkindForge(name: string, start: () => Promise<TestForge>): void {
  describeForgeFaults(name, start);
  describeForgeWebhooks(name, start);
}
