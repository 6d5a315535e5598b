import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Bundles only the English messages of zod, because the messages in all languages make up a quarter of the bundle of a small
 * function.
 */
export const ONE_LANGUAGE: Plugin = {
  name: 'one-language',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/locales\/index\.js$/ }, ({ importer }) => {
      if (!importer.includes('/node_modules/zod/')) return undefined;
      return { path: join(dirname(importer), '../locales/en.js') };
    });
  },
};
