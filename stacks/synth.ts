import { App } from 'sst/constructs';
import { initProject, useProject } from 'sst/project.js';
import { declareStacks } from './declare-stacks.ts';

// `NODE_ENV=test node synth.ts <folder>` writes the CloudFormation templates to `<folder>`. With NODE_ENV=test, SST needs neither
// an account nor a network.

const [outdir] = process.argv.slice(2);
if (outdir === undefined) throw new Error('missing argument; usage: node synth.ts <folder>');

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
await initProject({ stage: 'test', region: REGION });
// The paths of handlers are relative to the root of the project.
process.chdir(useProject().paths.root);
const app = new App(
  { mode: 'deploy', name: 'smol-gang', stage: 'test', region: REGION, account: ACCOUNT },
  { outdir, analyticsReporting: false },
);
declareStacks(app, process.env);
await app.finish();
app.synth();
