/** `source` is shipped code; `tests` includes the test support and the bench. */
export type Group = 'source' | 'tests';

/** A doc comment, another block comment, or a run of adjacent `//` lines; without its markers. */
export type CommentFact = { readonly line: number; readonly text: string };

/** Title of a test or of a `describe`; `…` stands for each inserted value. */
export type TitleFact = { readonly line: number; readonly text: string };

/** A function with a body. */
export type FunctionFact = {
  readonly line: number;
  readonly name: string;
  /** Lines from the first to the last, both counted. */
  readonly lines: number;
  /** False for a callback without a name. */
  readonly isNamed: boolean;
  /** True if the function declares tests; the limit of lines does not apply to such functions. */
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
  /** Imported names; `*` stands for all of them. */
  readonly names: readonly string[];
};

/** A name that the file declares: a variable, parameter, function, type, member of a type or class, or the file itself. */
export type NameFact = {
  readonly line: number;
  readonly name: string;
  readonly kind: 'function' | 'other';
};

/** Member of a class with `private`, or of a type without `readonly`. */
export type MemberFact = {
  readonly line: number;
  /** Name of the type alias or interface; empty for classes and anonymous types. */
  readonly type: string;
  readonly name: string;
  readonly kind: 'private' | 'mutable';
};

/** Facts of a file for the measures. */
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
