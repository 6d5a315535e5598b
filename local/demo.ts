import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLogFile } from '../adapters/log-file/create-log-file.ts';
import { makeClient } from '../cli/client.ts';
import { API } from '../core/contract/api.ts';
import { isAppError } from '../core/error.ts';
import { createLog } from '../functions/log.ts';
import { approveWhenPlanned, follow, handIn, type Stage } from './demo/demo-plans.ts';
import { type DemoState, loadDemoState, saveDemoState } from './demo/demo-state.ts';
import { testBranch } from './demo/test-root.ts';
import { DEMO_COMPLEX_PROMPT, DEMO_SIMPLE_PROMPT } from './model/prompt.ts';
import { startScriptedModel } from './model/start-scripted-model.ts';
import { printReady } from './platform/banner.ts';
import { writePrivate } from './platform/keys.ts';
import { layout, type PlatformSettings, readSettings } from './platform/settings.ts';
import { type Platform, startPlatform } from './platform/start-platform.ts';
import { stopOnSignal } from './platform/stop-on-signal.ts';
import { seedSample } from './sample.ts';

// `npm run demo`: the main job from prompt to ready pull request on a sample repository. Everything is real but the model,
// which is scripted and says so.

const { values } = parseArgs({
  options: {
    exit: { type: 'boolean', default: false },
    /** Goes on with a demo whose process was killed, instead of a new one. */
    resume: { type: 'boolean', default: false },
    shuffle: { type: 'string' },
  },
});

function say(text: string): void {
  console.log(`\n▸ ${text}`);
}

async function main(): Promise<void> {
  const began = Date.now();
  const chosen = { ...process.env, SMOL_DATA_DIR: process.env.SMOL_DATA_DIR ?? '.smol-gang/demo' };
  const settings = readSettings(chosen, process.cwd());
  const state = await prepare(settings);
  const shuffle = values.shuffle === undefined ? undefined : Number(values.shuffle);
  const model = await startScriptedModel({
    port: Number(process.env.SMOL_MODEL_PORT ?? 3_002),
    apiKey: state.modelKey,
    shuffle,
  });
  const log = createLog({ write: createLogFile(layout(settings.dataDir).log), now: Date.now });
  Object.assign(process.env, {
    MODEL_BASE_URL: model.url,
    MODEL_API_KEY: model.apiKey,
    MODEL_HEAVY: model.model,
    SLOTS: process.env.SLOTS ?? '4',
    LEASE_SECONDS: process.env.LEASE_SECONDS ?? '15',
    HEARTBEAT_SECONDS: process.env.HEARTBEAT_SECONDS ?? '2',
  });
  const platform = await startPlatform(settings, process.env, log);
  const close = async () => {
    await platform.close();
    await model.close();
  };
  stopOnSignal(close);
  say(
    `The model of this demo is scripted (${model.model}): it knows the sample by heart and costs nothing.`,
  );
  await play(platform, settings, state);
  say(`Done in ${((Date.now() - began) / 1_000).toFixed(1)} s.`);
  if (!values.exit) return printReady(platform, settings);
  await close();
  say('It is stopped, as asked. Without --exit it goes on serving, for you to look around.');
  process.exit(0);
}

async function prepare(settings: PlatformSettings): Promise<DemoState> {
  const earlier = await loadDemoState(settings.dataDir).catch(() => undefined);
  if (values.resume && earlier !== undefined) return earlier;
  await rm(settings.dataDir, { recursive: true, force: true });
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const state: DemoState = { modelKey: `scripted-${randomBytes(16).toString('hex')}`, done: false };
  await saveDemoState(settings.dataDir, state);
  return state;
}

async function play(
  platform: Platform,
  settings: PlatformSettings,
  state: DemoState,
): Promise<void> {
  const path = join(settings.dataDir, 'sample');
  await seedSample(path);
  const { token } = JSON.parse(await readFile(layout(settings.dataDir).cli, 'utf8'));
  // The command line looks into the folder above the demo's own.
  if (basename(dirname(settings.dataDir)) === '.smol-gang') {
    await writePrivate(layout(dirname(settings.dataDir)).cli, { url: platform.url, token });
  }
  const client = makeClient({
    url: platform.url,
    credentials: [{ kind: 'token', token, source: 'demo' }],
  });
  const stage: Stage = { client, out: process.stdout, say };
  const repository = await client.call(API.linkRepository, { body: { path, forge: 'local' } });

  say(`A complex prompt for ${repository.name}:\n\n${indent(DEMO_COMPLEX_PROMPT)}`);
  const complexPlan = await handIn(stage, repository.name, DEMO_COMPLEX_PROMPT, 'demo-complex');
  await saveDemoState(settings.dataDir, { ...state, repository: repository.name, complexPlan });
  await approveWhenPlanned(stage, complexPlan);
  const complex = await follow(stage, complexPlan);
  const pull = complex.plan.pulls[0];
  const root =
    pull === undefined
      ? undefined
      : await testBranch(path, pull.branch, join(settings.dataDir, 'root-check'));
  say(
    `The sample's own tests on the root branch: ${root?.passed ?? 0} passed. The root pull request is ready for you: ${pull?.url ?? ''}`,
  );

  say(`A simple prompt, for one agent:\n\n${indent(DEMO_SIMPLE_PROMPT)}`);
  const simplePlan = await handIn(stage, repository.name, DEMO_SIMPLE_PROMPT, 'demo-simple');
  await saveDemoState(settings.dataDir, {
    ...state,
    repository: repository.name,
    complexPlan,
    simplePlan,
  });
  await follow(stage, simplePlan);
  await saveDemoState(settings.dataDir, {
    ...state,
    repository: repository.name,
    complexPlan,
    simplePlan,
    done: true,
  });
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}

main().catch((error: unknown) => {
  console.error(isAppError(error) ? `smol-gang: ${error.message}` : error);
  process.exit(1);
});
