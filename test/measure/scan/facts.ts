/** Kind of file: `source` is shipped code, `tests` are tests, test support and benchmarks. */
export type Group = 'source' | 'tests';

/** A block comment, or adjacent `//` lines together; `text` is without comment markers. */
export type CommentFact = { readonly line: number; readonly text: string };

/** Title of a test or suite; in a template, `…` replaces each inserted value. */
export type TitleFact = { readonly line: number; readonly text: string };

/** A function with a body. */
export type FunctionFact = {
  readonly line: number;
  readonly name: string;
  /** Number of lines, including the first and the last. */
  readonly lines: number;
  /** False for a callback without a name. */
  readonly isNamed: boolean;
  /** True if the function declares tests; such functions have no limit of lines. */
  readonly isSuite: boolean;
};

/** An exported declaration. */
export type ExportFact = {
  readonly line: number;
  readonly name: string;
  readonly kind: 'type' | 'function' | 'class' | 'value';
  readonly lines: number;
  readonly isDocumented: boolean;
};

/** An import or re-export of a file of the project; imports of types count. */
export type ImportFact = {
  readonly line: number;
  /** Path from the root of the project. */
  readonly target: string;
  /** Imported names; `*` stands for all exports. */
  readonly names: readonly string[];
};

/** A name that the file declares (variable, parameter, function, type, member of a type or class), or the name of the file. */
export type NameFact = {
  readonly line: number;
  readonly name: string;
  readonly kind: 'function' | 'other';
};

/** Member of a class that is `private`, or member of a type that is not `readonly`. */
export type MemberFact = {
  readonly line: number;
  /** Name of the type alias or interface; empty for classes and anonymous types. */
  readonly type: string;
  readonly name: string;
  readonly kind: 'private' | 'mutable';
};

/** Facts about a file from which the measures are computed. */
export type FileFacts = {
  /** Path from the root of the project. */
  readonly path: string;
  readonly group: Group;
  readonly isTest: boolean;
  readonly lines: number;
  readonly comments: readonly CommentFact[];
  readonly titles: readonly TitleFact[];
  readonly functions: readonly FunctionFact[];
  readonly exports: readonly ExportFact[];
  readonly imports: readonly ImportFact[];
  readonly names: readonly NameFact[];
  readonly members: readonly MemberFact[];
};
