/** The machine that a laptop platform runs on; a cloud has none. */
export interface Host {
  /** Bytes under the data folder, and free on its disk. */
  measureDisk(): Promise<{ readonly dataBytes: number; readonly freeBytes: number }>;
  /** Removes what nothing needs any more; `keep` names pods that live. */
  collectGarbage(options: {
    readonly dryRun: boolean;
    readonly keepPods: ReadonlySet<string>;
  }): Promise<{ readonly what: string; readonly count: number; readonly bytes: number }[]>;
  /** Whether an agent is kept from what the platform holds, in words for people. */
  describeIsolation(): string;
}
