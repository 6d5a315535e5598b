/** Port to the machine that runs a laptop installation; a cloud installation has none. Methods throw no AppError. */
export interface Host {
  /** Measures the size of the data folder and the free space of its disk, in bytes. */
  measureDisk(): Promise<{ readonly dataBytes: number; readonly freeBytes: number }>;
  /** Removes folders that nothing uses any more; `keepPods` names the running pods. `dryRun` only counts. */
  collectGarbage(options: {
    readonly dryRun: boolean;
    readonly keepPods: ReadonlySet<string>;
  }): Promise<{ readonly what: string; readonly count: number; readonly bytes: number }[]>;
  /** Describes to people whether agents are isolated from the data and secrets of the platform. */
  describeIsolation(): string;
}
