import type { CreatePlan } from '../../core/contract/plan.ts';
import { createPlanSchema } from '../../core/contract/plan.ts';
import type { TaskSpec } from '../../core/contract/task.ts';
import { taskSpecSchema } from '../../core/contract/task.ts';
import type { EngineSettings } from '../../core/engine/engine-deps.ts';
import { isReachedLate, requiresRepair } from './focus.ts';
import { createSimRepository } from './forge/forge-state.ts';
import type { KnownPlan, KnownTask } from './judge/judge.ts';
import type { Random } from './time/random.ts';
import type { World } from './world.ts';

// Draws the scenario of a seed: its repositories, its plans, and the settings of the platform.

/** Plan to be submitted by a person. */
export type Submission = {
  readonly id: string;
  /** Milliseconds from the start of the seed to the submission. */
  readonly delayMs: number;
  readonly body: CreatePlan;
  readonly knownPlan: KnownPlan;
};

/** Source files per repository, besides CHANGELOG.md. */
const FILE_COUNT = 14;

export function createSimulatedSettings(random: Random): EngineSettings {
  const system = random.between(2, 8);
  return {
    prefix: 'smol-gang',
    apiUrl: 'http://api.test',
    limits: { maxMinutes: 60, idleMinutes: 10, maxTokens: 1e6, maxUsd: 10, maxTurns: 100 },
    bounds: {
      maxRetries: random.between(1, 3),
      maxLostAttempts: random.between(2, 6),
      maxRepairs: random.between(2, 4),
      maxEngineFailures: 10,
    },
    caps: {
      system,
      repository: random.chance(0.3) ? random.between(1, system) : system,
      plan: random.chance(0.3) ? random.between(1, system) : system,
    },
    leaseMs: 60_000,
    heartbeatMs: 20_000,
    launchTimeoutMs: 90_000,
    // The short retention of 20 minutes is longer than any freeze of a handler.
    keepDays: random.chance(0.2) ? 20 / 1_440 : 14,
    agent: 'scripted',
    models: { heavy: 'm', light: 'm' },
    prices: {},
    author: { name: 'x', email: 'x@example.com' },
  };
}

export function addRepositories(world: World): string[] {
  const { random, forge } = world;
  const names = random.chance(0.2) ? ['acme/one', 'acme/two'] : ['acme/one'];
  for (const [index, name] of names.entries()) {
    const files = new Map<string, string>([['CHANGELOG.md', 'base@0:']]);
    for (let file = 0; file < FILE_COUNT; file += 1) files.set(`src/f${file}.ts`, 'base@0:');
    if (random.chance(0.85)) files.set('.smol-gang.yaml', random.chance(0.15) ? 'strict' : 'plain');
    // Pairs of tasks whose changes merge without a conflict but fail the verification together.
    const clashes: [string, string][] = random.chance(0.3)
      ? [[`t${random.between(0, 5)}`, `t${random.between(6, 9)}`]]
      : [];
    const hasChecks = random.chance(0.3);
    forge.repositories.set(name, createSimRepository(name, index, { files, clashes, hasChecks }));
  }
  return names;
}

/** Renders the text of `.smol-gang.yaml` from its line in the simulated repository: `strict` or `plain`. */
export function renderRepositoryConfig(content: string): string {
  const strictMergeLine = content.startsWith('strict') ? 'strictMerge: true\n' : '';
  return `verify: [["true"]]\n${strictMergeLine}`;
}

export function createSubmissions(world: World, repositories: readonly string[]): Submission[] {
  const { random } = world;
  const { focusTransitions } = world.faults;
  const planCount = random.pick([1, 1, 1, 1, 2, 2, 3]);
  return Array.from({ length: planCount }, (_, index) => {
    const id = `p${String(index).padStart(10, 'a').slice(0, 10)}`;
    const isSimple = random.chance(0.15);
    const tasks = isSimple ? [] : createRandomGraph(random, repositories);
    const body = createPlanSchema.parse({
      ...(isSimple ? { prompt: 'Do the one thing that is to be done', complexity: 'simple' } : {}),
      ...(isSimple ? {} : { graph: tasks }),
      repositories: (isSimple ? repositories.slice(0, 1) : repositories).map((name) => ({ name })),
      policy: random.chance(focusTransitions.some(requiresRepair) ? 0.9 : 0.3) ? 'review' : 'auto',
      autoApprove: random.chance(0.5) || focusTransitions.some(isReachedLate),
      ...(random.chance(0.3) ? { maxParallel: random.between(1, 4) } : {}),
      allowRedBase: world.drawRedBasePermission(),
    });
    const delayMs = random.between(0, index === 0 ? 2_000 : 240_000);
    const knownPlan = createKnownPlan(world, id, isSimple, body, tasks, repositories);
    return { id, delayMs, body, knownPlan };
  });
}

/** Gives every fifth plan a budget that does not suffice for all of its attempts, or hardly. */
export function drawBudget(submission: Submission, random: Random): Submission {
  if (!random.chance(0.2)) return submission;
  const budget = { maxTokens: random.between(200, 3_000) };
  return { ...submission, body: { ...submission.body, budget } };
}

function createKnownPlan(
  world: World,
  id: string,
  isSimple: boolean,
  body: CreatePlan,
  tasks: readonly TaskSpec[],
  repositories: readonly string[],
): KnownPlan {
  const defaultRepo = repositories[0] ?? '';
  const isAnyStrict = [...world.forge.repositories.values()].some(
    ({ graph, branches }) =>
      graph.get(branches.get('main') ?? '').files.get('.smol-gang.yaml') === 'strict',
  );
  const knownTasks = isSimple
    ? [createSimplePlanTask(defaultRepo)]
    : tasks.map((task) => createKnownTask(task, defaultRepo));
  const usedRepositories = isSimple
    ? []
    : repositories.filter((name) => knownTasks.some((task) => task.repo === name));
  return {
    id,
    isSimple,
    needsReview: body.policy === 'review',
    isMergeStrict: isAnyStrict && repositories.length === 1,
    maxParallel: body.maxParallel,
    tasks: knownTasks,
    endNodes: usedRepositories.map((repo, index) => ({
      id: index === 0 ? 'end' : `end-${index + 1}`,
      repo,
    })),
  };
}

function createSimplePlanTask(repo: string): KnownTask {
  return { id: 'main', repo, dependsOn: [], scope: [] };
}

/** Returns a task as the judge knows the task; a task without a repository belongs to `defaultRepo`. */
export function createKnownTask(
  { id, repo, dependsOn, scope }: TaskSpec,
  defaultRepo: string,
): KnownTask {
  return { id, repo: repo || defaultRepo, dependsOn, scope };
}

/** Draws a graph: usually small; rarely with a last task that depends on all others, so many that activation inserts join nodes. */
function createRandomGraph(random: Random, repositories: readonly string[]): TaskSpec[] {
  const isWide = random.chance(0.004);
  const size = isWide ? random.between(66, 80) : random.pick([1, 1, 2, 2, 3, 3, 4, 5, 7]);
  const count = random.chance(0.03) ? random.between(11, 20) : size;
  const density = random.pick([0, 0.15, 0.3, 0.6]);
  return Array.from({ length: count }, (_, index) => {
    const dependsOn: string[] = [];
    for (let other = 0; other < index; other += 1) {
      const dependsOnAll = isWide && index === count - 1;
      if (dependsOnAll || (!isWide && random.chance(density / Math.max(1, index / 3))))
        dependsOn.push(`t${other}`);
    }
    const scope = isWide || random.chance(0.1) ? [] : drawScope(random, index, count);
    return taskSpecSchema.parse({
      id: `t${index}`,
      description: `Teach the parser of src number ${index} to accept comments`,
      dependsOn,
      scope,
      estimate: random.between(1, 30),
      repo: random.pick(repositories),
    });
  });
}

/** Draws a scope: a file that no other task owns, sometimes also the file of another task. */
function drawScope(random: Random, index: number, count: number): string[] {
  const ownFile = count <= FILE_COUNT ? `src/f${index % FILE_COUNT}.ts` : `src/t${index}.ts`;
  return random.chance(0.25)
    ? [...new Set([ownFile, `src/f${random.between(0, FILE_COUNT - 1)}.ts`])]
    : [ownFile];
}
