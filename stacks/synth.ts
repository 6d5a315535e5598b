import { App } from 'sst/constructs';
import { initProject, useProject } from 'sst/project.js';
import { declareStacks } from './declare-stacks.ts';

// `NODE_ENV=test node synth.ts <folder>`: writes the templates without an account or a network. NODE_ENV makes SST leave out
// what needs them.

const [outdir] = process.argv.slice(2);
if (outdir === undefined) throw new Error('which folder? node synth.ts <folder>');

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
await initProject({ stage: 'test', region: REGION });
// Handlers are named from the root of the project.
process.chdir(useProject().paths.root);
const app = new App(
  { mode: 'deploy', name: 'smol-gang', stage: 'test', region: REGION, account: ACCOUNT },
  { outdir, analyticsReporting: false },
);
declareStacks(app, process.env);
await app.finish();
app.synth();
