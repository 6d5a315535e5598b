/** Keeps the newest answers to questions whose answer never changes (two commits, always the same merge). */
export class Recent<T> {
  readonly #limit: number;
  readonly #entries = new Map<string, Promise<T>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Asks once, also when asked twice at the same time; a failure is forgotten. */
  get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const answer = ask();
    this.#entries.set(key, answer);
    answer.catch(() => this.#entries.delete(key));
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > this.#limit && !oldest.done) this.#entries.delete(oldest.value);
    return answer;
  }
}
