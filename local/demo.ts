import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isAppError } from '../core/base/app-error.ts';
import { API } from '../core/contract/api.ts';
import type { DemoContext } from './demo/demo-plans.ts';
import { approveWhenPlanned, followPlan, submitPrompt } from './demo/demo-plans.ts';
import type { DemoState } from './demo/demo-state.ts';
import { loadDemoState, saveDemoState } from './demo/demo-state.ts';
import {
  connectAsAdmin,
  readScriptedSettings,
  startScriptedPlatform,
} from './demo/scripted-platform.ts';
import { testBranch } from './demo/test-branch.ts';
import { DEMO_COMPLEX_PROMPT, DEMO_SIMPLE_PROMPT } from './model/demo-prompt.ts';
import type { PlatformSettings } from './platform/platform-settings.ts';
import { printReadyBanner } from './platform/print-ready-banner.ts';
import type { Platform } from './platform/start-platform.ts';
import { seedSample } from './sample.ts';

// `npm run demo`: runs two prompts on a sample repository until their pull requests are open. All parts are real except the
// model, which follows a script; the demo says so to the user.

const { values } = parseArgs({
  options: {
    /** Stops the platform after the demo; otherwise the platform keeps running. */
    exit: { type: 'boolean', default: false },
    /** Continues a demo whose process was killed. */
    resume: { type: 'boolean', default: false },
    /** Seed of the variations in the answers of the scripted model; absent: the answers do not vary. */
    shuffle: { type: 'string' },
  },
});

function printText(text: string): void {
  console.log(`\n▸ ${text}`);
}

async function runDemo(): Promise<void> {
  const startedAt = Date.now();
  const settings = await readScriptedSettings('.smol-gang/demo');
  const state = await prepareDemo(settings);
  const variationSeed = values.shuffle === undefined ? undefined : Number(values.shuffle);
  const { platform, model, close } = await startScriptedPlatform(settings, {
    modelKey: state.modelKey,
    variationSeed,
  });
  printText(
    `The model of this demo is scripted (${model.model}): its answers are prepared for the sample repository and cost nothing. Everything else is real.`,
  );
  await playDemo(platform, settings, state);
  printText(`Done in ${((Date.now() - startedAt) / 1_000).toFixed(1)} s.`);
  if (!values.exit) return printReadyBanner(platform, settings);
  await close();
  printText(
    'The platform is stopped because of --exit. Without --exit it keeps running, so you can look around.',
  );
  process.exit(0);
}

async function prepareDemo(settings: PlatformSettings): Promise<DemoState> {
  const earlierState = await loadDemoState(settings.dataDir).catch(() => undefined);
  if (values.resume && earlierState !== undefined) return earlierState;
  await rm(settings.dataDir, { recursive: true, force: true });
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const state: DemoState = { modelKey: `scripted-${randomBytes(16).toString('hex')}`, done: false };
  await saveDemoState(settings.dataDir, state);
  return state;
}

async function playDemo(
  platform: Platform,
  settings: PlatformSettings,
  state: DemoState,
): Promise<void> {
  const path = join(settings.dataDir, 'sample');
  await seedSample(path);
  const client = await connectAsAdmin(platform, settings.dataDir);
  const context: DemoContext = { client, out: process.stdout, printText };
  const repository = await client.call(API.linkRepository, { body: { path, forge: 'local' } });

  printText(
    `Part 1: a complex prompt for the repository ${repository.name}. A planner splits it into tasks for several agents.\n\n${indentLines(DEMO_COMPLEX_PROMPT)}`,
  );
  const complexPlan = await submitPrompt(
    context,
    repository.name,
    DEMO_COMPLEX_PROMPT,
    'demo-complex',
  );
  await saveDemoState(settings.dataDir, { ...state, repository: repository.name, complexPlan });
  await approveWhenPlanned(context, complexPlan);
  const completedPlan = await followPlan(context, complexPlan);
  const pull = completedPlan.plan.pulls[0];
  const rootTests =
    pull === undefined
      ? undefined
      : await testBranch(path, pull.branch, join(settings.dataDir, 'root-check'));
  printText(
    `Every task is merged into the branch of the plan, where ${rootTests?.passed ?? 0} tests of the sample pass. The pull request of the whole plan waits for your review: ${pull?.url ?? ''}`,
  );

  printText(
    `Part 2: a simple prompt, which a single agent completes with a single pull request.\n\n${indentLines(DEMO_SIMPLE_PROMPT)}`,
  );
  const simplePlan = await submitPrompt(
    context,
    repository.name,
    DEMO_SIMPLE_PROMPT,
    'demo-simple',
  );
  await saveDemoState(settings.dataDir, {
    ...state,
    repository: repository.name,
    complexPlan,
    simplePlan,
  });
  await followPlan(context, simplePlan);
  await saveDemoState(settings.dataDir, {
    ...state,
    repository: repository.name,
    complexPlan,
    simplePlan,
    done: true,
  });
}

function indentLines(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}

runDemo().catch((error: unknown) => {
  console.error(isAppError(error) ? `smol-gang: ${error.message}` : error);
  process.exit(1);
});
