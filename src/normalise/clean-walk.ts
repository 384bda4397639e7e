import { type Handler, Parser } from 'htmlparser2';
import { allowedElements, droppedWhole, renamedElements, voidElements } from './allow-list.ts';
import { type Attributes, type Bases, cleanAttributes } from './attributes.ts';
import type { BalancedHtml } from './balance.ts';
import { escapeAttribute, escapeText } from './html-escape.ts';
import { withoutControls, withoutOverrides } from './text.ts';

/** Elements nested deeper lose their tags and keep their text: some steps look through all that are open. */
const maxDepth = 100;

/** What becomes of an element. */
interface Rule {
  /** Its name in clean HTML. */
  readonly name: string;
  /** The attributes that may be written, in this order. */
  readonly attributes: readonly string[];
}

const rules: ReadonlyMap<string, Rule> = new Map([
  ...Object.entries(allowedElements).map(([name, attributes]): [string, Rule] => [name, { name, attributes }]),
  ...Object.entries(renamedElements).map(([from, name]): [string, Rule] => [
    from,
    { name, attributes: allowedElements[name] ?? [] },
  ]),
]);
const dropped: ReadonlySet<string> = new Set(droppedWhole);

/** What text may come of that `withoutControls` and `withoutOverrides` take out; no reference by name stands for such. */
const mayHoldControls = /&#|[\u202d\u202e]/;

/** The attributes as they stand in a tag: of those kept, only what the allow-list names. */
function written(rule: Rule, attributes: Attributes, bases: Bases): string {
  const kept = rule.attributes.length === 0 ? null : cleanAttributes(rule.name, attributes, bases);
  if (kept === null) return '';
  let text = '';
  for (const name of rule.attributes) {
    const value = kept[name];
    if (value === '' && name !== 'alt') text += ` ${name}`;
    else if (value !== undefined) text += ` ${name}="${escapeAttribute(value)}"`;
  }
  return text;
}

type Heard = Pick<Handler, 'onopentag' | 'ontext' | 'onclosetag'>;

/**
 * Hears what the parser finds and has written what is allowed of it. An element goes with all that is in it, or
 * leaves its content behind, or stays; nothing reaches the page but tags made here and text that is escaped.
 */
class Cleaner implements Heard {
  readonly #source: string;
  readonly #bases: Bases;
  readonly #out: BalancedHtml;
  /** Whether text may hold, spelt as references, what `withoutControls` took out of the source. */
  readonly #mayHoldControls: boolean;
  readonly #parser: Parser;
  /** The elements that the parser holds open, and what stands for each in clean HTML. */
  readonly #open: string[] = [];
  readonly #rules: (Rule | null)[] = [];
  /** How many elements deep we are in one that goes whole; 0: outside. */
  #hidden = 0;
  /**
   * Where a browser ends the `noscript` that goes: for it, raw text up to the end tag; for the parser, elements which
   * an end tag of something around them may end much earlier. Until there everything goes. (GHSA-x3q4-9hxx-gx8m)
   */
  #rawEnd: number | null = null;
  #isRaw = false;

  constructor(source: string, bases: Bases, out: BalancedHtml) {
    this.#source = source;
    this.#bases = bases;
    this.#out = out;
    this.#mayHoldControls = mayHoldControls.test(source);
    this.#parser = new Parser(this);
  }

  run(): void {
    this.#parser.end(this.#source);
  }

  onopentag(name: string, attributes: Attributes): void {
    this.#passRawEnd();
    if (this.#isRaw) return;
    if (this.#hidden > 0) {
      this.#hidden++;
      return;
    }
    const rule = this.#open.length < maxDepth ? (rules.get(name) ?? null) : null;
    this.#open.push(name);
    this.#rules.push(rule);
    if (rule !== null) this.#write(rule, attributes);
    else if (dropped.has(name)) this.#hide(name);
  }

  ontext(text: string): void {
    this.#passRawEnd();
    if (this.#hidden > 0 || this.#isRaw) return;
    this.#out.text(escapeText(this.#mayHoldControls ? withoutOverrides(withoutControls(text)) : text));
    this.#restWhenFull();
  }

  onclosetag(name: string): void {
    this.#passRawEnd();
    if (!this.#isRaw && this.#hidden > 0) {
      if (--this.#hidden > 0) return;
      this.#isRaw = this.#rawEnd !== null;
    }
    // In raw text that only a browser sees, elements end that were never begun.
    if (this.#open.at(-1) !== name) return;
    this.#open.pop();
    const rule = this.#rules.pop() ?? null;
    if (rule !== null && !voidElements.has(rule.name)) this.#out.end(rule.name);
  }

  #write(rule: Rule, attributes: Attributes): void {
    this.#out.start(rule.name, written(rule, attributes, this.#bases));
    this.#restWhenFull();
  }

  /** Nothing that comes now has room. */
  #restWhenFull(): void {
    if (this.#out.isFull) this.#parser.pause();
  }

  #hide(name: string): void {
    this.#hidden = 1;
    if (name !== 'noscript') return;
    const end = /<\/noscript[\t\n\f\r />]/gi;
    end.lastIndex = this.#parser.endIndex + 1;
    this.#rawEnd = end.exec(this.#source)?.index ?? Number.POSITIVE_INFINITY;
  }

  #passRawEnd(): void {
    if (this.#rawEnd === null || this.#parser.startIndex < this.#rawEnd) return;
    this.#rawEnd = null;
    this.#isRaw = false;
  }
}

/**
 * Reads HTML of others and writes what the allow-list leaves of it.
 *
 * @param html without control characters.
 * @param bases where relative addresses start, the best first.
 */
export function cleanInto(html: string, bases: Bases, out: BalancedHtml): void {
  new Cleaner(html, bases, out).run();
}
