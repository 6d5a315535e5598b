/** Interface to the machine of a laptop installation. A cloud installation has no host. Methods throw no AppError. */
export interface Host {
  /** Measures the size of the data folder and the free space of its disk, in bytes. */
  measureDisk(): Promise<{ readonly dataBytes: number; readonly freeBytes: number }>;
  /**
   * Removes unused folders, except the folders of the pods in `keepPods`. With `dryRun`, only counts the folders. Returns a row for
   * each kind of folder (`what`) with the number and total size of the removed folders.
   */
  collectGarbage(options: {
    readonly dryRun: boolean;
    readonly keepPods: ReadonlySet<string>;
  }): Promise<{ readonly what: string; readonly count: number; readonly bytes: number }[]>;
  /** Returns a sentence for people: whether agents are isolated from the data and secrets of the platform. */
  describeIsolation(): string;
  /**
   * Runs a program as an attempt would: with its PATH, an empty HOME and TMPDIR, and the settings of tool chains. Returns
   * undefined if the PATH has no such program. The output is cut to its first 500 characters.
   */
  runInAttemptEnvironment(
    command: readonly string[],
  ): Promise<{ readonly exitCode: number | undefined; readonly output: string } | undefined>;
  /** Lists the configuration files of package managers in HOME of the person that attempts do not get, by their setting name. */
  listUnusedConfigFiles(): { readonly name: string; readonly path: string }[];
  /**
   * Finds out how verification is isolated from the agent. `namespaces`: the agent runs in a process namespace that the system ends
   * before verification. `processes`: the bridge finds and ends the processes of the agent. `missing`: the settings require namespaces,
   * which the system does not offer.
   */
  detectVerifyIsolation(): Promise<'namespaces' | 'processes' | 'missing'>;
}
