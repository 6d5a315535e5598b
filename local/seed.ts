import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import type { Client } from '../cli/client/client.ts';
import { isAppError } from '../core/base/app-error.ts';
import { ROLES } from '../core/contract/access.ts';
import { API } from '../core/contract/api.ts';
import type { createPlanSchema, PlanView } from '../core/contract/plan.ts';
import {
  connectAsAdmin,
  readScriptedSettings,
  startScriptedPlatform,
} from './demo/scripted-platform.ts';
import { DEMO_COMPLEX_PROMPT, DEMO_SIMPLE_PROMPT } from './model/demo-prompt.ts';
import { printReadyBanner } from './platform/print-ready-banner.ts';
import { seedSample } from './sample.ts';

// `npm run seed`: a platform with users of every role and plans in every status that lasts, for looking around and for work on
// clients. All plans come from requests to the API; only the model follows a script.

const { values } = parseArgs({ options: { exit: { type: 'boolean', default: false } } });

/** A plan in the status that its name says. */
type Seed = {
  readonly status: PlanView['status'];
  readonly about: string;
  readonly request: Omit<z.input<typeof createPlanSchema>, 'repositories'>;
  /** Brings the plan from its first lasting status to the status. */
  readonly decide?: (client: Client, plan: PlanView) => Promise<unknown>;
};

const GRAPH = [
  {
    id: 'notes',
    description: 'Add a file NOTES.md that explains the ledger.',
    scope: ['NOTES.md'],
  },
];
const TIMEOUT_MS = 120_000;

const SEEDS: readonly Seed[] = [
  {
    status: 'pending_approval',
    about: 'waits for your approval',
    request: { prompt: DEMO_COMPLEX_PROMPT, title: 'Household planning, to approve' },
  },
  {
    status: 'active',
    about: 'runs; its first tasks wait for your review',
    request: { prompt: DEMO_COMPLEX_PROMPT, title: 'Household planning', policy: 'review' },
    decide: (client, { id, revision }) =>
      client.call(API.approvePlan, { params: { plan: id }, body: { revision } }),
  },
  {
    status: 'complete',
    about: 'waits for you to merge its pull request',
    request: { prompt: DEMO_SIMPLE_PROMPT, complexity: 'simple' },
  },
  {
    status: 'failed',
    about: 'failed in planning, because the scripted model does not know its prompt',
    request: { prompt: 'Translate the ledger into Latin.', complexity: 'complex' },
  },
  {
    status: 'rejected',
    about: 'was rejected',
    request: { title: 'Notes, rejected', graph: GRAPH },
    decide: (client, { id }) =>
      client.call(API.rejectPlan, { params: { plan: id }, body: { reason: 'not needed' } }),
  },
  {
    status: 'cancelled',
    about: 'was cancelled',
    request: { title: 'Notes, cancelled', graph: GRAPH },
    decide: (client, { id }) =>
      client.call(API.cancelPlan, { params: { plan: id }, body: { reason: 'later' } }),
  },
  {
    status: 'closed',
    about: 'was closed: dismissed with its branches',
    request: { title: 'Notes, closed', graph: GRAPH },
    decide: (client, { id }) =>
      client.call(API.closePlan, { params: { plan: id }, body: { reason: 'obsolete' } }),
  },
];

async function seedPlatform(): Promise<void> {
  const settings = await readScriptedSettings('.smol-gang/seed');
  await rm(settings.dataDir, { recursive: true, force: true });
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const { platform, close } = await startScriptedPlatform(settings);
  const client = await connectAsAdmin(platform, settings.dataDir);
  await createUsers(client);
  const path = join(settings.dataDir, 'sample');
  await seedSample(path);
  const repository = await client.call(API.linkRepository, { body: { path, forge: 'local' } });
  for (const seed of SEEDS) {
    const plan = await createPlan(client, repository.name, seed);
    console.log(`plan ${plan}  ${seed.status.padEnd(16)}  ${seed.about}`);
  }
  console.log('No plan stays in planning or activating: a plan passes these statuses in seconds.');
  if (!values.exit) return printReadyBanner(platform, settings);
  await close();
  process.exit(0);
}

async function createUsers(client: Client): Promise<void> {
  for (const role of ROLES) {
    const email = `${role}@example.com`;
    const password = randomBytes(12).toString('base64url');
    await client.call(API.createUser, { body: { email, password, role } });
    console.log(`user ${email.padEnd(22)}  password ${password}`);
  }
}

/** Creates a plan, brings it to its status and returns its id. */
async function createPlan(client: Client, repository: string, seed: Seed): Promise<string> {
  const body = { ...seed.request, repositories: [{ name: repository }] };
  const { id } = await client.call(API.createPlan, { body });
  const deadline = Date.now() + TIMEOUT_MS;
  let isDecided = false;
  for (;;) {
    const plan = await client.call(API.getPlan, { params: { plan: id } });
    const hasStatus = plan.status === seed.status;
    const waitsForReview = plan.waiting.some(({ kind }) => kind === 'review');
    if (hasStatus && (seed.status !== 'active' || waitsForReview)) return id;
    if (plan.status === 'pending_approval' && !isDecided) {
      await seed.decide?.(client, plan);
      isDecided = true;
    }
    if (Date.now() > deadline)
      throw new Error(
        `plan ${id} is ${plan.status} instead of ${seed.status}: ${plan.reason ?? ''}`,
      );
    await delay(200);
  }
}

seedPlatform().catch((error: unknown) => {
  console.error(isAppError(error) ? `smol-gang: ${error.message}` : error);
  process.exit(1);
});
