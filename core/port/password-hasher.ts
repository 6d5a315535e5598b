/** Hashes and verifies passwords. Methods throw no AppError. */
export interface PasswordHasher {
  /** Returns a salted hash; the text includes the parameters of the algorithm. */
  hash(password: string): Promise<string>;
  /**
   * Compares a password with a stored hash. Without a stored hash, does the same work and returns false, so that the response
   * time does not reveal whether a user exists.
   */
  verify(password: string, stored: string | undefined): Promise<boolean>;
}
