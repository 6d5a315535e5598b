import type { TestProject } from 'vitest/node';
import { buildCloud } from './build-cloud.ts';

// Builds templates and bundles once before the suite `stacks`. Without the deploy tooling, the tests are skipped.

declare module 'vitest' {
  interface ProvidedContext {
    /** Folders of templates and bundles; null when the deploy tooling is not installed. */
    readonly cloud: { readonly templates: string; readonly bundles: string } | null;
  }
}

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const cloud = await buildCloud();
  if (cloud === undefined) {
    console.warn(
      'Skipping the tests of the stacks: the deploy tooling is not installed (run npm run stacks:install).',
    );
    project.provide('cloud', null);
    return undefined;
  }
  const { templates, bundles, remove } = cloud;
  project.provide('cloud', { templates, bundles });
  return remove;
}
