import type { StackConfig } from './stacks/declare-stacks.ts';
import { declareStacks } from './stacks/declare-stacks.ts';

// Configuration of SST. The deployment tools are installed in `stacks/`: `npm --prefix stacks run deploy -- --stage <stage>`.

export default {
  config() {
    return { name: 'smol-gang', region: process.env.AWS_REGION ?? 'us-east-1' };
  },
  stacks(app) {
    declareStacks(app, process.env);
  },
} satisfies StackConfig;
