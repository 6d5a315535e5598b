/** Port that serves repositories of this machine as a forge; a cloud installation has none. */
export interface Hosting {
  /**
   * Serves a repository.
   *
   * @param path absolute path of a work tree or of a bare repository
   * @throws AppError `invalid` if there is no repository at `path`
   */
  link(path: string): Promise<{
    readonly name: string;
    readonly defaultBranch: string;
    readonly cloneUrl: string;
    readonly url: string;
  }>;
  unlink(name: string): Promise<void>;
}
