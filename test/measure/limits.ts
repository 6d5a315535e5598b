/** Bounds of the measures; shares are fractions of 1. */
export const LIMITS = {
  /** Largest share of comments that contain a vague word. */
  vagueWords: 0.35,
  /** Smallest share of exported types with a doc comment. */
  documentedTypes: 0.6,
  functionLines: 60,
  fileLines: 400,
  /** Folders with more files are reported; files in subfolders do not count. */
  folderFiles: 20,
  /** Exported functions with at most this number of lines and with a single importer are reported. */
  tinyFunctionLines: 5,
} as const;

/** Permission for a function to exceed the limit of 60 lines. */
export type FunctionExemption = {
  readonly path: string;
  readonly name: string;
  readonly reason: string;
};

/** Functions that consist mostly of a table of data. An unused exemption is an error. */
export const FUNCTION_EXEMPTIONS: readonly FunctionExemption[] = [];

/** Words that open a sentence without naming its subject; most are pronouns. */
export const OPENING_PRONOUNS: readonly string[] = [
  'it its itself they them their theirs he she his her one ones',
  'that this these those such so of twice others',
  'who whoever whom whomever whose what whatever which whichever',
  'nobody somebody someone anybody anyone everybody everyone',
].flatMap((words) => words.split(' '));

/** Words for which a noun is usually clearer. */
export const VAGUE_WORDS = /\b(?:it|they|one|who|what|that|those)\b/i;
