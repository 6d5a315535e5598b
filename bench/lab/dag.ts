// Graphs to measure with: the same on every machine, in topological order.

export type DagNode = { readonly id: string; readonly dependsOn: readonly string[] };
export type Dag = { readonly name: string; readonly nodes: readonly DagNode[] };

/** Seed of every graph that is drawn. */
const SEED = 20_261_122;

/** mulberry32. */
export function createPrng(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Each waits on the one before. */
export function createChainDag(count: number): Dag {
  const nodes = Array.from({ length: count }, (_, place) => ({
    id: `n${place}`,
    dependsOn: place === 0 ? [] : [`n${place - 1}`],
  }));
  return { name: `chain-${count}`, nodes };
}

/** One, then all at once, then one that waits on all of them. */
export function createFanDag(width: number): Dag {
  const middle = Array.from({ length: width }, (_, place) => `m${place}`);
  const nodes = [
    { id: 'src', dependsOn: [] },
    ...middle.map((id) => ({ id, dependsOn: ['src'] })),
    { id: 'sink', dependsOn: middle },
  ];
  return { name: `fan-1-${width}-1`, nodes };
}

/** Layers of 20 to 60; each below the first waits on 1 to 3: one of the layer above, others of the three above. */
export function createRandomDag(count: number, seed = SEED): Dag {
  const random = createPrng(seed);
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? '';
  const layers: string[][] = [];
  const nodes: DagNode[] = [];
  while (nodes.length < count) {
    const width = Math.min(20 + Math.floor(random() * 41), count - nodes.length);
    const near = layers.slice(-3).flat();
    const above = layers.at(-1);
    const layer: string[] = [];
    for (let place = 0; place < width; place += 1) {
      const parents = new Set<string>();
      if (above !== undefined) {
        parents.add(pick(above));
        const wanted = 1 + Math.floor(random() * 3);
        while (parents.size < wanted) parents.add(pick(near));
      }
      const id = `r${nodes.length}`;
      layer.push(id);
      nodes.push({ id, dependsOn: [...parents] });
    }
    layers.push(layer);
  }
  return { name: `random-${count}`, nodes };
}

/** As a plan grows by more of the same: nobody waits on more than 3, nor is waited on by more than 3. */
export function createBoundedDag(count: number, seed = SEED): Dag {
  const random = createPrng(seed);
  const open: { readonly id: string; left: number }[] = [];
  const nodes = Array.from({ length: count }, (_, place) => {
    const dependsOn = new Set<string>();
    const wanted = place < 4 ? 0 : 1 + Math.floor(random() * 3);
    for (let tries = 0; tries < 2 * wanted && dependsOn.size < wanted; tries += 1) {
      const parent = open[Math.floor(random() * open.length)];
      if (parent === undefined || dependsOn.has(parent.id)) continue;
      dependsOn.add(parent.id);
      parent.left -= 1;
      if (parent.left === 0) open.splice(open.indexOf(parent), 1);
    }
    const id = `b${place}`;
    open.push({ id, left: 3 });
    // Only the latest can be waited on: a plan is as deep as it is long, and about 8 wide.
    if (open.length > 16) open.shift();
    return { id, dependsOn: [...dependsOn] };
  });
  return { name: `bounded-${count}`, nodes };
}
