import type { CreatePlan } from '../../core/contract/plan.ts';
import { createPlanSchema } from '../../core/contract/plan.ts';
import type { TaskSpec } from '../../core/contract/task.ts';
import { taskSpecSchema } from '../../core/contract/task.ts';
import type { EngineSettings } from '../../core/engine/engine-deps.ts';
import { isLateFocus, isRepairFocus } from './focus.ts';
import { createSimRepository } from './forge/forge-state.ts';
import type { KnownPlan, KnownTask } from './judge/judge.ts';
import type { Random } from './time/random.ts';
import type { World } from './world.ts';

// Draws the scenario of a seed: its repositories, its plans, and the limits of the platform.

/** Plan submitted by a person. */
export type Submission = {
  readonly id: string;
  /** Delay in milliseconds after the start of the seed. */
  readonly at: number;
  readonly body: CreatePlan;
  readonly known: KnownPlan;
};

const FILE_COUNT = 14;

export function createSimulatedSettings(random: Random): EngineSettings {
  const system = random.between(2, 8);
  return {
    prefix: 'smol-gang',
    apiUrl: 'http://api.test',
    limits: { maxMinutes: 60, idleMinutes: 10, maxTokens: 1e6, maxUsd: 10, maxTurns: 100 },
    bounds: {
      maxRetries: random.between(1, 3),
      maxLosses: random.between(2, 6),
      maxRepairs: random.between(2, 4),
      maxFaults: 10,
    },
    caps: {
      system,
      repository: random.chance(0.3) ? random.between(1, system) : system,
      plan: random.chance(0.3) ? random.between(1, system) : system,
    },
    leaseMs: 60_000,
    heartbeatMs: 20_000,
    launchMs: 90_000,
    // The short time is longer than any freeze of a handler.
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
  for (const [place, name] of names.entries()) {
    const files = new Map<string, string>([['CHANGELOG.md', 'base@0:']]);
    for (let index = 0; index < FILE_COUNT; index += 1) files.set(`src/f${index}.ts`, 'base@0:');
    if (random.chance(0.85)) files.set('.smol-gang.yaml', random.chance(0.15) ? 'strict' : 'plain');
    const clashes: [string, string][] = random.chance(0.3)
      ? [[`t${random.between(0, 5)}`, `t${random.between(6, 9)}`]]
      : [];
    const hasChecks = random.chance(0.3);
    forge.repositories.set(name, createSimRepository(name, place, { files, clashes, hasChecks }));
  }
  return names;
}

/** Renders `.smol-gang.yaml` from the one-line content the simulation stores: `strict` or `plain`. */
export function renderRepositoryConfig(content: string): string {
  const strict = content.startsWith('strict') ? 'strictMerge: true\n' : '';
  return `verify: [["true"]]\n${strict}`;
}

export function createSubmissions(world: World, repositories: readonly string[]): Submission[] {
  const { random } = world;
  const { foci } = world.faults;
  const plans = random.pick([1, 1, 1, 1, 2, 2, 3]);
  return Array.from({ length: plans }, (_, place) => {
    const id = `p${String(place).padStart(10, 'a').slice(0, 10)}`;
    const isSimple = random.chance(0.15);
    const tasks = isSimple ? [] : createRandomGraph(random, repositories);
    const body = createPlanSchema.parse({
      ...(isSimple ? { prompt: 'Do the one thing that is to be done', complexity: 'simple' } : {}),
      ...(isSimple ? {} : { graph: tasks }),
      repositories: (isSimple ? repositories.slice(0, 1) : repositories).map((name) => ({ name })),
      policy: random.chance(foci.some(isRepairFocus) ? 0.9 : 0.3) ? 'review' : 'auto',
      autoApprove: random.chance(0.5) || foci.some(isLateFocus),
      ...(random.chance(0.3) ? { maxParallel: random.between(1, 4) } : {}),
    });
    const at = random.between(0, place === 0 ? 2_000 : 240_000);
    return { id, at, body, known: createKnownPlan(world, id, isSimple, body, tasks, repositories) };
  });
}

function createKnownPlan(
  world: World,
  id: string,
  isSimple: boolean,
  body: CreatePlan,
  tasks: readonly TaskSpec[],
  repositories: readonly string[],
): KnownPlan {
  const first = repositories[0] ?? '';
  const isStrict = [...world.forge.repositories.values()].some(
    ({ graph, branches }) =>
      graph.get(branches.get('main') ?? '').files.get('.smol-gang.yaml') === 'strict',
  );
  const known = isSimple
    ? [createKnownMainTask(first)]
    : tasks.map((task) => createKnownTask(task, first));
  const used = isSimple
    ? []
    : repositories.filter((name) => known.some((task) => task.repo === name));
  return {
    id,
    isSimple,
    needsReview: body.policy === 'review',
    isStrict: isStrict && repositories.length === 1,
    maxParallel: body.maxParallel,
    tasks: known,
    ends: used.map((repo, place) => ({ id: place === 0 ? 'end' : `end-${place + 1}`, repo })),
  };
}

function createKnownMainTask(repo: string): KnownTask {
  return { id: 'main', repo, dependsOn: [], scope: [] };
}

/** Returns the task as its author knows the task; a task without a repository belongs to the first one. */
export function createKnownTask(
  { id, repo, dependsOn, scope }: TaskSpec,
  first: string,
): KnownTask {
  return { id, repo: repo || first, dependsOn, scope };
}

/** Draws a graph: usually small, rarely so wide that activation inserts join nodes. */
function createRandomGraph(random: Random, repositories: readonly string[]): TaskSpec[] {
  const isWide = random.chance(0.004);
  const size = isWide ? random.between(66, 80) : random.pick([1, 1, 2, 2, 3, 3, 4, 5, 7]);
  const count = random.chance(0.03) ? random.between(11, 20) : size;
  const density = random.pick([0, 0.15, 0.3, 0.6]);
  return Array.from({ length: count }, (_, place) => {
    const dependsOn: string[] = [];
    for (let other = 0; other < place; other += 1) {
      const isSink = isWide && place === count - 1;
      if (isSink || (!isWide && random.chance(density / Math.max(1, place / 3))))
        dependsOn.push(`t${other}`);
    }
    const scope = isWide || random.chance(0.1) ? [] : drawScope(random, place, count);
    return taskSpecSchema.parse({
      id: `t${place}`,
      description: `Teach the parser of src number ${place} to accept comments`,
      dependsOn,
      scope,
      estimate: random.between(1, 30),
      repo: random.pick(repositories),
    });
  });
}

/** Draws a scope: usually a file of its own, sometimes also a file that other tasks may change. */
function drawScope(random: Random, place: number, count: number): string[] {
  const own = count <= FILE_COUNT ? `src/f${place % FILE_COUNT}.ts` : `src/t${place}.ts`;
  return random.chance(0.25)
    ? [...new Set([own, `src/f${random.between(0, FILE_COUNT - 1)}.ts`])]
    : [own];
}
