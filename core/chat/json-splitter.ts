/**
 * Splits a text that arrives in pieces into its JSON objects at the top level. Characters between the objects are skipped, so that a
 * single document, a list of objects and one object per line are all accepted.
 */
export class JsonSplitter {
  #unfinished = '';
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  /** Returns the texts of the objects that end in this piece. */
  write(text: string): string[] {
    const objects: string[] = [];
    let start = 0;
    for (let index = 0; index < text.length; index += 1) {
      const char = text[index];
      if (this.#depth === 0) {
        if (char !== '{') continue;
        start = index;
        this.#depth = 1;
      } else if (this.#isObjectEnd(char)) {
        objects.push(this.#unfinished + text.slice(start, index + 1));
        this.#unfinished = '';
      }
    }
    if (this.#depth > 0) this.#unfinished += text.slice(start);
    return objects;
  }

  /** Beginning of an object whose end has not arrived; empty between two objects. */
  get unfinished(): string {
    return this.#unfinished;
  }

  /** Reads the next character of an object. */
  #isObjectEnd(char: string | undefined): boolean {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (char === '\\') this.#isEscaped = true;
      else if (char === '"') this.#isInString = false;
      return false;
    }
    if (char === '"') this.#isInString = true;
    else if (char === '{' || char === '[') this.#depth += 1;
    else if (char === '}' || char === ']') this.#depth -= 1;
    return this.#depth === 0;
  }
}
