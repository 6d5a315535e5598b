import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';

/** Messages of zod in 50 languages are a quarter of a small function; English stays. */
export const ONE_LANGUAGE: Plugin = {
  name: 'one-language',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/locales\/index\.js$/ }, ({ importer }) => {
      if (!importer.includes('/node_modules/zod/')) return undefined;
      return { path: join(dirname(importer), '../locales/en.js') };
    });
  },
};
