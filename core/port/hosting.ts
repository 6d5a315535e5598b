/** Where repositories of this machine can be made known to a forge; a cloud has none. */
export interface Hosting {
  /** `path`: absolute, of a work tree or a bare repository. Throws AppError `invalid` when it is none. */
  link(
    path: string,
  ): Promise<{ name: string; defaultBranch: string; cloneUrl: string; url: string }>;
  unlink(name: string): Promise<void>;
}
