/** Result of a scenario: tables for people, and figures to record in `results.json`, if any. */
export type Report = { readonly tables: readonly Table[]; readonly figures?: unknown };

/** A table with a title and notes. */
export type Table = {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** Lines below the table that explain how the figures were measured. */
  readonly notes?: readonly string[];
};

/** A measurement. */
export type Scenario = {
  /** Name on the command line and in `results.json`. */
  readonly name: string;
  readonly description: string;
  /** Measures; `quick` selects a small version, whose figures are not recorded. */
  readonly measure: (options: { readonly quick: boolean }) => Promise<Report>;
};
