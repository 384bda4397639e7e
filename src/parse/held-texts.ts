/** A noncharacter: no document has it, since mending takes it out wherever it stands, as it is or as a reference. */
const mark = '\ufffe';
const token = /\ufffe(\d+)\ufffe/g;
const lone = /^\ufffe(\d+)\ufffe$/;
const leastChars = 128;

/**
 * Long texts that stand in a document as they are meant, as CDATA does. A parser goes through them character by
 * character to no end; so it is given a token for each, and they are put back into what it made.
 */
export class HeldTexts {
  readonly #texts: string[] = [];

  /** The token for a text; null when it is too short to be worth one. */
  hold(text: string): string | null {
    return text.length < leastChars ? null : `${mark}${this.#texts.push(text) - 1}${mark}`;
  }

  /** Puts the texts back in all strings of a parser's tree. */
  putBack(tree: readonly unknown[]): void {
    if (this.#texts.length > 0) for (const node of tree) this.#walk(node);
  }

  #walk(node: unknown): void {
    if (typeof node !== 'object' || node === null) return;
    const members = node as Record<string, unknown>;
    for (const name of Object.keys(members)) {
      const value = members[name];
      if (Array.isArray(value)) this.#walkList(value);
      else if (typeof value === 'string') members[name] = this.#whole(value);
      // No token stands in an attribute.
      else if (name !== '$') this.#walk(value);
    }
  }

  #walkList(nodes: unknown[]): void {
    for (let index = 0; index < nodes.length; index++) {
      const node = nodes[index];
      if (typeof node === 'string') nodes[index] = this.#whole(node);
      else this.#walk(node);
    }
  }

  #whole(text: string): string {
    if (text.length < 3 || !text.includes(mark)) return text;
    const alone = lone.exec(text)?.[1];
    if (alone !== undefined) return this.#texts[Number(alone)] ?? '';
    return text.replace(token, (_, index: string) => this.#texts[Number(index)] ?? '');
  }
}
