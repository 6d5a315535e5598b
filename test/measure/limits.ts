/** Bounds of the measures; shares are fractions of 1. */
export const LIMITS = {
  /** Share of comments, or of titles, that open with a pronoun; the share stays below. */
  openings: 0.01,
  /** Largest share of comments that contain a vague word. */
  vagueWords: 0.35,
  /** Smallest share of exported types with a doc comment. */
  documentedTypes: 0.6,
  functionLines: 60,
  fileLines: 400,
  /** Files in a folder, without its subfolders; reported. */
  folderFiles: 20,
  /** Lines of an exported function worth inlining into a single importer; reported. */
  tinyFunctionLines: 5,
} as const;

/** Permission for a function to exceed the limit of lines. */
export type FunctionExemption = {
  readonly path: string;
  readonly name: string;
  readonly reason: string;
};

/** Functions with little but a table of data in them. An exemption without use is an error. */
export const FUNCTION_EXEMPTIONS: readonly FunctionExemption[] = [];

/** First words of sentences with an open subject. */
export const VAGUE_OPENINGS: readonly string[] = [
  'it its itself they them their theirs he she his her one ones',
  'that this these those such so of twice others',
  'who whoever whom whomever whose what whatever which whichever',
  'nobody somebody someone anybody anyone everybody everyone',
].flatMap((line) => line.split(' '));

/** Words for which a noun is usually clearer. */
export const VAGUE_WORDS = /\b(?:it|they|one|who|what|that|those)\b/i;
