/** Makes repositories of this machine available on the local forge. A cloud installation has no local forge. */
export interface RepositoryLinker {
  /**
   * Makes a repository available on the local forge.
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
  /** Removes a repository from the local forge, and leaves the repository itself unchanged. */
  unlink(name: string): Promise<void>;
}
