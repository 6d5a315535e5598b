import { elementAt } from '../../base/element-at.ts';
import type { Pattern } from './pattern.ts';
import { GLOBSTAR, isLiteral } from './pattern.ts';
import { segmentMatches } from './segment.ts';

// A tree of patterns by their leading plain names. A lookup visits only branches that can overlap with a pattern. The visited
// patterns are candidates; the caller compares each with `patternsOverlap`.

/** A pattern and the places (positions in the topological order) of the tasks with this pattern, ascending. */
export type IndexEntry = { readonly pattern: Pattern; readonly places: number[] };
/** Receives each candidate of a lookup. */
export type EntryVisitor = (entry: IndexEntry) => void;
type IndexNode = {
  readonly children: Map<string, IndexNode>;
  readonly entries: Map<string, IndexEntry>;
};

/** An index of patterns. */
export type PatternIndex = {
  readonly root: IndexNode;
  /** If true, an entry has only its last place, and adding a directory removes the patterns below the directory. */
  readonly keepsLastOnly: boolean;
};

/** Creates an empty index. */
export function createPatternIndex(options: Pick<PatternIndex, 'keepsLastOnly'>): PatternIndex {
  return { root: createIndexNode(), keepsLastOnly: options.keepsLastOnly };
}

/** Adds a pattern of the task at `place`. Places must be added in ascending order. */
export function addPattern(index: PatternIndex, pattern: Pattern, place: number): void {
  let node = index.root;
  for (let depth = 0; depth < pattern.fixedCount; depth++) {
    const name = getFixedName(pattern, depth);
    let child = node.children.get(name);
    if (child === undefined) {
      child = createIndexNode();
      node.children.set(name, child);
    }
    node = child;
  }
  if (index.keepsLastOnly && isLiteral(pattern) && !pattern.isFile) {
    node.children.clear();
    node.entries.clear();
  }
  const entry = node.entries.get(pattern.key);
  if (entry === undefined) node.entries.set(pattern.key, { pattern, places: [place] });
  else if (index.keepsLastOnly) entry.places[0] = place;
  else if (entry.places.at(-1) !== place) entry.places.push(place);
}

/** Visits every indexed pattern that can overlap with `pattern`. */
export function findCandidates(index: PatternIndex, pattern: Pattern, visit: EntryVisitor): void {
  visitCandidates(index.root, pattern, 0, visit);
}

function visitCandidates(
  node: IndexNode,
  pattern: Pattern,
  depth: number,
  visit: EntryVisitor,
): void {
  for (const entry of node.entries.values()) visit(entry);
  const segment = pattern.segments[depth];
  if (segment === undefined && !pattern.coversDescendants) return;
  if (segment === undefined || segment === GLOBSTAR) {
    for (const child of node.children.values()) visitSubtree(child, visit);
    return;
  }
  if (segment.tokens === undefined) {
    const child = node.children.get(segment.text);
    if (child !== undefined) visitCandidates(child, pattern, depth + 1, visit);
    return;
  }
  for (const [name, child] of node.children) {
    if (segmentMatches(segment, name)) visitCandidates(child, pattern, depth + 1, visit);
  }
}

function visitSubtree(node: IndexNode, visit: EntryVisitor): void {
  for (const entry of node.entries.values()) visit(entry);
  for (const child of node.children.values()) visitSubtree(child, visit);
}

function createIndexNode(): IndexNode {
  return { children: new Map(), entries: new Map() };
}

function getFixedName(pattern: Pattern, depth: number): string {
  const segment = elementAt(pattern.segments, depth);
  if (segment === GLOBSTAR)
    throw new Error(`segment ${depth} of ${pattern.text} is not a plain name`);
  return segment.text;
}
