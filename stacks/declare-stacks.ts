import type { SSTConfig } from 'sst';
import type { App } from 'sst/constructs';
import { declarePlatform } from './platform.ts';
import { readSettings } from './settings.ts';
import { declareStorage } from './storage.ts';

/** Configuration of SST. */
export type StackConfig = SSTConfig;

/**
 * Declares all stacks. The table has a separate stack, because it outlives everything else.
 *
 * @param env environment of the deployment, see settings.ts
 */
export function declareStacks(app: App, env: Readonly<Record<string, string | undefined>>): void {
  const settings = readSettings(env, app.stage);
  const { table } = declareStorage(app, settings);
  declarePlatform(app, settings, table);
}
