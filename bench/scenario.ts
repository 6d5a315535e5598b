/** What a scenario measured: tables for people, figures for `results.json`; without figures nothing is recorded. */
export type Report = { readonly tables: readonly Table[]; readonly figures?: unknown };

export type Table = {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** Lines below it: what a reader must know to read it right. */
  readonly notes?: readonly string[];
};

export type Scenario = {
  /** Its name on the command line and in `results.json`. */
  readonly name: string;
  readonly description: string;
  /** `quick`: small, to see that it works; its figures are not recorded. */
  readonly runScenario: (options: { readonly quick: boolean }) => Promise<Report>;
};
