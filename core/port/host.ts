/** The machine that a laptop platform runs on; a cloud has none. */
export interface Host {
  /** Bytes under the data folder, and free on its disk. */
  disk(): Promise<{ dataBytes: number; freeBytes: number }>;
  /** Removes what nothing needs any more; `keep` names pods that live. */
  collect(options: {
    dryRun: boolean;
    keepPods: ReadonlySet<string>;
  }): Promise<{ what: string; count: number; bytes: number }[]>;
  /** Whether an agent is kept from what the platform holds, in words for people. */
  isolation(): string;
}
