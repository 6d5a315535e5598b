// Creates graphs for measurements. The nodes are in topological order, and the random graphs are the same on every machine.

/** A task and its dependencies. */
export type DagNode = { readonly id: string; readonly dependsOn: readonly string[] };

/** A named graph. */
export type Dag = { readonly name: string; readonly nodes: readonly DagNode[] };

/** Seed of all random graphs. */
const SEED = 20_261_122;

/** Creates a generator of pseudo-random numbers from 0 to below 1 (mulberry32). */
export function createPrng(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Creates a chain, in which each task depends on the previous task. */
export function createChainDag(count: number): Dag {
  const nodes = Array.from({ length: count }, (_, index) => ({
    id: `n${index}`,
    dependsOn: index === 0 ? [] : [`n${index - 1}`],
  }));
  return { name: `chain-${count}`, nodes };
}

/** Creates a fan: a first task, `width` tasks in parallel, and a last task. */
export function createFanDag(width: number): Dag {
  const middleIds = Array.from({ length: width }, (_, index) => `m${index}`);
  const nodes = [
    { id: 'src', dependsOn: [] },
    ...middleIds.map((id) => ({ id, dependsOn: ['src'] })),
    { id: 'sink', dependsOn: middleIds },
  ];
  return { name: `fan-1-${width}-1`, nodes };
}

/**
 * Creates layers of 20 to 60 tasks. Below the first layer, a task has 1 to 3 dependencies: one in the previous layer, the
 * others in the previous 3 layers.
 */
export function createRandomDag(count: number, seed = SEED): Dag {
  const random = createPrng(seed);
  const pickId = (ids: readonly string[]): string => ids[Math.floor(random() * ids.length)] ?? '';
  const layers: string[][] = [];
  const nodes: DagNode[] = [];
  while (nodes.length < count) {
    const width = Math.min(20 + Math.floor(random() * 41), count - nodes.length);
    const candidates = layers.slice(-3).flat();
    const previous = layers.at(-1);
    const layer: string[] = [];
    for (let index = 0; index < width; index += 1) {
      const parents = new Set<string>();
      if (previous !== undefined) {
        parents.add(pickId(previous));
        const parentCount = 1 + Math.floor(random() * 3);
        while (parents.size < parentCount) parents.add(pickId(candidates));
      }
      const id = `r${nodes.length}`;
      layer.push(id);
      nodes.push({ id, dependsOn: [...parents] });
    }
    layers.push(layer);
  }
  return { name: `random-${count}`, nodes };
}

/** Creates a graph whose tasks have at most 3 dependencies and 3 dependents, so tasks of large and small graphs are comparable. */
export function createBoundedDag(count: number, seed = SEED): Dag {
  const random = createPrng(seed);
  const candidates: { readonly id: string; remainingDependents: number }[] = [];
  const nodes = Array.from({ length: count }, (_, index) => {
    const dependsOn = new Set<string>();
    const parentCount = index < 4 ? 0 : 1 + Math.floor(random() * 3);
    for (let tries = 0; tries < 2 * parentCount && dependsOn.size < parentCount; tries += 1) {
      const parent = candidates[Math.floor(random() * candidates.length)];
      if (parent === undefined || dependsOn.has(parent.id)) continue;
      dependsOn.add(parent.id);
      parent.remainingDependents -= 1;
      if (parent.remainingDependents === 0) candidates.splice(candidates.indexOf(parent), 1);
    }
    const id = `b${index}`;
    candidates.push({ id, remainingDependents: 3 });
    // Only recent tasks are candidates for dependencies, so the depth grows with the size and the width stays about 8.
    if (candidates.length > 16) candidates.shift();
    return { id, dependsOn: [...dependsOn] };
  });
  return { name: `bounded-${count}`, nodes };
}
