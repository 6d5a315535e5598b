import type { TestForge } from '../support/forge/test-forge.ts';
import { describeForgeBranches } from './forge-branch.ts';
import { describeForgeChecks } from './forge-check.ts';
import { describeForgeFaults } from './forge-fault.ts';
import { describeForgeMerges } from './forge-merge.ts';
import { describeForgePulls } from './forge-pull.ts';
import { describeForgeWebhooks } from './forge-webhook.ts';
import type { KnownDifferences } from './known-differences.ts';

/** Tests the forge port of the core against a server. `differences` lists the tests that the server is known to fail. */
export function describeForge(
  name: string,
  start: () => Promise<TestForge>,
  differences: KnownDifferences = {},
): void {
  describeForgeBranches(name, start, differences);
  describeForgePulls(name, start, differences);
  describeForgeMerges(name, start, differences);
  describeForgeChecks(name, start, differences);
}

/** Tests faults and webhooks of the forge port against a server that can inject faults. */
export function describeFaultyForge(name: string, start: () => Promise<TestForge>): void {
  describeForgeFaults(name, start);
  describeForgeWebhooks(name, start);
}
