import type { TestProject } from 'vitest/node';
import { buildCloud } from './build-cloud.ts';

// Before the suite `stacks`: templates and bundles, made once. Without the deploy tooling its tests are skipped.

declare module 'vitest' {
  interface ProvidedContext {
    /** Folders; null: the deploy tooling is not installed. */
    readonly cloud: { readonly templates: string; readonly bundles: string } | null;
  }
}

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const cloud = await buildCloud();
  if (cloud === undefined) {
    console.warn(
      'The deploy tooling is not installed (npm run stacks:install): tests are skipped.',
    );
    project.provide('cloud', null);
    return undefined;
  }
  const { templates, bundles, remove } = cloud;
  project.provide('cloud', { templates, bundles });
  return remove;
}
