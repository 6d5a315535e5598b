import type { Mutant } from './breach.ts';
import { corruptReads, corruptWrites, isPlanHead } from './breach.ts';

// Mutants of the rules for base commits.

export const BASE_MUTANTS: readonly Mutant[] = [
  {
    name: 'tasks start before the base commit is verified',
    changeDeps: corruptReads(isPlanHead, (doc) =>
      doc.replace('"allowRedBase":false', '"allowRedBase":true'),
    ),
    expectedViolation: /began although the base commit \w+ of \S+ is not verified/,
  },
  {
    name: 'a red base commit counts as verified',
    changeDeps: corruptReads(isPlanHead, (doc) =>
      doc.replace(/("run":\d+,"status":)"red"/g, '$1"green"'),
    ),
    expectedViolation: /as green, but no bridge reported this result|is not verified/,
  },
  {
    name: 'an unfinished check of a base commit counts as verified',
    changeDeps: corruptReads(isPlanHead, (doc) =>
      doc.includes('"purpose":"base"')
        ? doc
        : doc.replace(/"status":"checking"/g, '"status":"green"'),
    ),
    expectedViolation: /as green, but no bridge reported this result|is not verified/,
  },
  {
    name: 'the decision to continue on a red base commit is lost',
    changeDeps: corruptWrites(isPlanHead, (doc) => doc.replace(/,"accepted":true/g, '')),
    expectedViolation: /although a person continued on this commit/,
  },
];
