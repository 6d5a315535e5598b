import type { BuildOptions } from 'esbuild';
import { ONE_LANGUAGE } from './one-language.ts';

// How a handler becomes one file: said once, for the deployment (by SST) and for the bundles that are tested. The AWS SDK is
// bundled: Lambda's own copy changes with time, loads slower, and would be the one part that no test has seen.

/** What SST is told. `root`: of the project; tools run in `stacks/`, and handlers are named from there. */
export function createNodejsOptions(root: string) {
  return {
    format: 'esm',
    minify: true,
    sourcemap: false,
    esbuild: {
      absWorkingDir: root,
      target: 'node24',
      legalComments: 'none',
      charset: 'utf8',
      plugins: [ONE_LANGUAGE],
    } satisfies BuildOptions,
  } as const;
}

/** The same with what SST adds, so that a bundle made here is the one that it deploys. */
export function createBundleOptions(root: string, entry: string, outfile: string): BuildOptions {
  const { esbuild, ...own } = createNodejsOptions(root);
  return {
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    external: ['sharp', 'pg-native'],
    keepNames: true,
    metafile: true,
    logLevel: 'silent',
    mainFields: ['module', 'main'],
    banner: { js: BANNER },
    ...own,
    ...esbuild,
  };
}

/** SST's, for what bundled packages require at run time. */
const BANNER = [
  "import { createRequire as topLevelCreateRequire } from 'module';",
  'const require = topLevelCreateRequire(import.meta.url);',
  'import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url"',
  'const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url))',
  '',
].join('\n');
