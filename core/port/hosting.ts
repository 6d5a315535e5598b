/** Where repositories of this machine can be made known to a forge; a cloud has none. */
export interface Hosting {
  /** `path`: absolute, of a work tree or a bare repository. Throws AppError `invalid` when it is none. */
  link(path: string): Promise<{
    readonly name: string;
    readonly defaultBranch: string;
    readonly cloneUrl: string;
    readonly url: string;
  }>;
  unlink(name: string): Promise<void>;
}
