import type { SSTConfig } from 'sst';
import type { App } from 'sst/constructs';
import { declarePlatform } from './platform.ts';
import { readSettings } from './settings.ts';
import { declareStorage } from './storage.ts';

export type StackConfig = SSTConfig;

/** The table apart, for it outlives everything else. `env`: what a deployment is told, see settings.ts. */
export function declareStacks(app: App, env: Readonly<Record<string, string | undefined>>): void {
  const settings = readSettings(env, app.stage);
  const { table } = declareStorage(app, settings);
  declarePlatform(app, settings, table);
}
