export interface PasswordHash {
  /** Salted, with its parameters in the string. */
  hash(password: string): Promise<string>;
  /** Without a stored hash it does the same work and answers false: time must not tell whether the user exists. */
  verify(password: string, stored: string | undefined): Promise<boolean>;
}
