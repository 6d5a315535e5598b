import type { TestForge } from '../support/local-forge.ts';
import { describeForgeBranches } from './forge-branch.ts';
import { describeForgeChecks } from './forge-check.ts';
import { describeForgeFaults } from './forge-fault.ts';
import { describeForgeMerges } from './forge-merge.ts';
import { describeForgePulls } from './forge-pull.ts';
import { describeForgeWebhooks } from './forge-webhook.ts';

/** What any forge must do for the core, whichever adapter and server are behind it. */
export function describeForge(name: string, start: () => Promise<TestForge>): void {
  describeForgeBranches(name, start);
  describeForgePulls(name, start);
  describeForgeMerges(name, start);
  describeForgeChecks(name, start);
  describeForgeFaults(name, start);
  describeForgeWebhooks(name, start);
}
