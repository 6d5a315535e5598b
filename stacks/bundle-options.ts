import type { BuildOptions } from 'esbuild';
import { ONE_LANGUAGE } from './one-language.ts';

// Options that bundle a handler into one file, shared by the deployment (SST) and by the bundles of the tests. The bundle includes
// the AWS SDK, because the copy in the Lambda runtime changes over time, loads more slowly and is not covered by tests.

/** Creates the options for SST. `root` is the root of the project; the paths of handlers are relative to this folder. */
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

/** Creates the options for esbuild, including the options that SST adds, so that tests use the same bundles as the deployment. */
export function createBundleOptions(root: string, entry: string, outfile: string): BuildOptions {
  const { esbuild, ...common } = createNodejsOptions(root);
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
    ...common,
    ...esbuild,
  };
}

/** Code that SST puts at the start of each bundle. The code provides `require` and `__dirname` to bundled CommonJS packages. */
const BANNER = [
  "import { createRequire as topLevelCreateRequire } from 'module';",
  'const require = topLevelCreateRequire(import.meta.url);',
  'import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url"',
  'const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url))',
  '',
].join('\n');
