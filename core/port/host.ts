/** Interface to the machine of a laptop installation; a cloud installation has no implementation. Methods throw no AppError. */
export interface Host {
  /** Measures the size of the data folder and the free space of its disk, in bytes. */
  measureDisk(): Promise<{ readonly dataBytes: number; readonly freeBytes: number }>;
  /** Removes unused folders; `keepPods` names the running pods, whose folders stay. With `dryRun`, only counts the folders. */
  collectGarbage(options: {
    readonly dryRun: boolean;
    readonly keepPods: ReadonlySet<string>;
  }): Promise<{ readonly what: string; readonly count: number; readonly bytes: number }[]>;
  /** Returns a sentence for people: whether agents are isolated from the data and secrets of the platform. */
  describeIsolation(): string;
}
