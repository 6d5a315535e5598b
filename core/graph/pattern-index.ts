import { at } from './at.ts';
import { GLOBSTAR, isLiteral, type Pattern } from './pattern.ts';
import { matchSegment } from './segment.ts';

// Patterns in a tree by their fixed leading names, so that a question looks only where an answer can be. What it finds are
// candidates: `patternsMeet` decides.

export type IndexEntry = { readonly pattern: Pattern; readonly holders: number[] };
export type Visit = (entry: IndexEntry) => void;
type Node = { readonly children: Map<string, Node>; readonly entries: Map<string, IndexEntry> };

export type PatternIndex = {
  readonly root: Node;
  /** Of each pattern only the last holder is kept, and of a directory nothing that was below it. */
  readonly lastOnly: boolean;
};

export function createPatternIndex(lastOnly: boolean): PatternIndex {
  return { root: createNode(), lastOnly };
}

export function addPattern(index: PatternIndex, pattern: Pattern, holder: number): void {
  let node = index.root;
  for (let depth = 0; depth < pattern.fixed; depth++) {
    const name = nameAt(pattern, depth);
    let child = node.children.get(name);
    if (child === undefined) {
      child = createNode();
      node.children.set(name, child);
    }
    node = child;
  }
  if (index.lastOnly && isLiteral(pattern) && !pattern.file) {
    node.children.clear();
    node.entries.clear();
  }
  const entry = node.entries.get(pattern.key);
  if (entry === undefined) node.entries.set(pattern.key, { pattern, holders: [holder] });
  else if (index.lastOnly) entry.holders[0] = holder;
  else if (entry.holders.at(-1) !== holder) entry.holders.push(holder);
}

export function findCandidates(index: PatternIndex, pattern: Pattern, visit: Visit): void {
  descend(index.root, pattern, 0, visit);
}

function descend(node: Node, pattern: Pattern, depth: number, visit: Visit): void {
  for (const entry of node.entries.values()) visit(entry);
  const segment = pattern.segments[depth];
  if (segment === undefined && !pattern.deep) return;
  if (segment === undefined || segment === GLOBSTAR) {
    for (const child of node.children.values()) visitAll(child, visit);
    return;
  }
  if (segment.tokens === undefined) {
    const child = node.children.get(segment.text);
    if (child !== undefined) descend(child, pattern, depth + 1, visit);
    return;
  }
  for (const [name, child] of node.children) {
    if (matchSegment(segment, name)) descend(child, pattern, depth + 1, visit);
  }
}

function visitAll(node: Node, visit: Visit): void {
  for (const entry of node.entries.values()) visit(entry);
  for (const child of node.children.values()) visitAll(child, visit);
}

function createNode(): Node {
  return { children: new Map(), entries: new Map() };
}

function nameAt(pattern: Pattern, depth: number): string {
  const segment = at(pattern.segments, depth);
  if (segment === GLOBSTAR) throw new Error('a fixed segment is a plain name');
  return segment.text;
}
