import { maxElements, maxItems, maxNameChars, maxNames, maxTagChars } from '../parse-limits.ts';
import { holdsXml, InlineMarkup, type Started } from '../xml/inline-markup.ts';
import { impliesEndOf } from './element-roles.ts';
import { Stretches } from './field-runs.ts';
import type { Naming, Scope } from './namespace-scope.ts';
import {
  endTagOf,
  isVirtual,
  itemEnd,
  itemStart,
  type OpenElement,
  OpenElements,
  plainElement,
} from './open-feed-elements.ts';
import type { Repair } from './repair-context.ts';
import {
  areSoundAttributes,
  endOfEndTag,
  endOfName,
  readAttributes,
  readStartTag,
  type StartTag,
  typeIn,
  writeAttributes,
} from './repair-tags.ts';

const rootNaming: Naming = { field: '', role: 'root', renamed: false };

/** The elements of a document under repair: which are open, which were never closed, and which are text after all. */
export class Elements {
  readonly #repair: Repair;
  readonly #text: string;
  readonly #open: OpenElements;
  readonly #stretches: Stretches;
  readonly inline: InlineMarkup;
  #channel: ReadonlyMap<string, string> = new Map();
  #items = 0;
  #droppedItems = 0;
  #firstItemAt = Number.POSITIVE_INFINITY;
  #elements = 0;

  constructor(repair: Repair) {
    this.#repair = repair;
    this.#text = repair.text;
    this.#open = new OpenElements(repair);
    this.#stretches = new Stretches(repair);
    this.inline = new InlineMarkup(repair, this.#open);
  }

  get isEmpty(): boolean {
    return this.#open.depth === 0;
  }

  /** How many items were kept. */
  get keptItems(): number {
    return this.#items - this.#droppedItems;
  }

  /** Where the first item began, kept or not; infinite: nowhere. */
  get firstItemAt(): number {
    return this.#firstItemAt;
  }

  /** Whether as many items were read as are taken, and one more begins. */
  get isFull(): boolean {
    return this.#items > maxItems;
  }

  /** The attributes of RSS's `channel`. */
  get channel(): ReadonlyMap<string, string> {
    return this.#channel;
  }

  /** The element whose text is being read: that which holds the markup, if markup is text here. */
  get textual(): OpenElement {
    return this.inline.base ?? this.#open.top;
  }

  /** Opens the root, whose content begins at `contentAt`. */
  openRoot(name: string, scope: Scope, contentAt: number): void {
    this.#open.push({ ...plainElement, name, naming: rootNaming, scope, tagAt: contentAt }, contentAt);
  }

  /** Reads the start tag at `at`. @returns where to go on reading. */
  start(at: number): number {
    const tag = readStartTag(this.#text, at);
    // In text, what runs into the next tag is rather a sign than a tag: `a <b c</title>`.
    const isSign = tag === null || (!tag.complete && ['text', 'leaf'].includes(this.textual.naming.role));
    if (isSign) return this.#repair.escapeBracket(at);
    if (tag.end - at > maxTagChars || tag.name.length > maxNameChars) this.#repair.refuse('a tag is too long');
    else this.#start(this.#nameTag(at, tag));
    return tag.end;
  }

  #nameTag(at: number, tag: StartTag): Started {
    const attributes = this.#text.slice(tag.nameEnd, tag.attributesEnd);
    const outer = this.#open.top.scope;
    const scope = attributes.includes('xmlns') ? outer.inner(readAttributes(attributes)) : outer;
    const meant = scope.naming(tag.name);
    const isMisplaced = meant.role === 'channel' && !isVirtual(this.#open.top);
    const naming = isMisplaced ? { ...meant, role: 'other' as const } : meant;
    if (scope.size > maxNames) this.#repair.refuse(`more than ${maxNames} different names`);
    return { at, tag, attributes, naming, scope };
  }

  #start(started: Started): void {
    const { at, tag, naming } = started;
    if (naming.role === 'item') {
      if (tag.selfClosing && this.#open.item !== undefined) {
        this.#repair.edits.add(at, tag.end, '');
        return;
      }
      this.#items += 1;
      this.#firstItemAt = Math.min(this.#firstItemAt, at);
      if (this.isFull) return;
    }
    this.#endWhatIsImplied(started);
    if (this.inline.base === null && this.#open.top.naming.role === 'text') this.inline.begin(this.#open.top);
    if (this.inline.base !== null) this.inline.startTag(started);
    else this.#startElement(started);
  }

  #endWhatIsImplied({ naming, at, attributes }: Started): void {
    const base = this.textual;
    if (holdsXml(base)) return;
    if (naming.role === 'item') {
      this.#discardEmptyItem(at);
      this.#closeDownTo(this.#open.virtualDepth, at);
    } else if (impliesEndOf(base.naming.role, naming.field, attributes.trim() !== '')) {
      this.#closeDownTo(this.#open.depthOf(base), at);
    }
  }

  /** An item that begins with another item is only a wrapper about it. */
  #discardEmptyItem(at: number): void {
    const { naming, contentAt, contentEdits, tagAt, editsBefore } = this.#open.top;
    const { edits } = this.#repair;
    if (naming.role !== 'item' || edits.count !== contentEdits) return;
    if (this.#text.slice(contentAt, at).trim() !== '') return;
    this.#open.pop();
    this.#droppedItems += 1;
    edits.truncate(editsBefore);
    this.#stretches.resume();
    edits.add(tagAt, at, '');
    this.#repair.notes.add('recovered');
  }

  /** Closes the open elements beyond a depth, which lack their end tags, at `at`. */
  #closeDownTo(depth: number, at: number): void {
    while (this.#open.depth > depth) {
      const element = this.#open.top;
      this.inline.unclosed(element);
      this.inline.end(element, at);
      if (this.inline.base === null) this.#repair.edits.add(at, at, endTagOf(element));
      this.#open.pop();
      if (!isVirtual(element)) this.#repair.notes.add('recovered');
    }
  }

  #startElement({ at, tag, attributes, naming, scope }: Started): void {
    this.#elements += 1;
    if (this.#elements > maxElements) this.#repair.refuse(`more than ${maxElements} elements`);
    const editsBefore = this.#repair.edits.count;
    if (naming.role === 'channel') {
      if (this.#open.depth === 1) this.#channel = readAttributes(attributes);
      this.#repair.edits.add(at, tag.end, '');
    } else if (naming.role === 'item') {
      this.#writeItemStart(at, tag, naming);
    } else {
      if (isVirtual(this.#open.top)) this.#stretches.enter(at);
      if (naming.renamed) this.#repair.edits.add(at + 1, tag.nameEnd, naming.field);
      this.#writeAttributes(tag);
      if (!tag.complete) this.#repair.edits.add(tag.end, tag.end, '>');
    }
    if (tag.selfClosing) return;
    const type = naming.role === 'text' && attributes !== '' ? typeIn(attributes) : '';
    this.#open.push({ ...plainElement, name: tag.name, naming, scope, tagAt: at, editsBefore, type }, tag.end);
  }

  #writeItemStart(at: number, tag: StartTag, naming: Naming): void {
    const { edits } = this.#repair;
    edits.add(at, tag.nameEnd, this.#stretches.leave() + itemStart(naming.field));
    this.#writeAttributes(tag);
    edits.add(tag.attributesEnd, tag.end, tag.selfClosing ? `>${itemEnd(naming.field)}` : '>');
  }

  /** Edits the attributes of a tag that a strict parser would not take. */
  #writeAttributes({ nameEnd, attributesEnd }: StartTag): void {
    if (nameEnd === attributesEnd) return;
    const isSound = areSoundAttributes(this.#text.slice(nameEnd, attributesEnd));
    if (isSound && !this.#repair.isDoubtful(nameEnd, attributesEnd)) return;
    const attributes = readAttributes(this.#repair.mendedSlice(nameEnd, attributesEnd));
    this.#repair.edits.add(nameEnd, attributesEnd, writeAttributes(attributes));
    this.#repair.notes.add('recovered');
  }

  /** Reads the end tag at `at`. @returns where to go on reading. */
  end(at: number): number {
    const nameEnd = endOfName(this.#text, at + 2);
    if (nameEnd === null) return this.#repair.escapeBracket(at);
    const end = endOfEndTag(this.#text, nameEnd);
    const name = this.#text.slice(at + 2, nameEnd);
    const depth = this.#open.top.name === name ? this.#open.depth - 1 : this.#open.depthOfName(name);
    if (depth < 0) {
      this.#dropEndTag(at, end);
    } else {
      this.#closeDownTo(depth + 1, at);
      this.#closeTop({ at, nameEnd, end });
    }
    return end;
  }

  #dropEndTag(at: number, end: number): void {
    this.#repair.edits.add(at, end, '');
    if (this.inline.base === null) this.#repair.notes.add('recovered');
  }

  #closeTop({ at, nameEnd, end }: { at: number; nameEnd: number; end: number }): void {
    const element = this.#open.top;
    this.inline.end(element, at);
    this.#open.pop();
    if (this.#open.depth === 0) return;
    if (this.inline.base !== null) {
      this.inline.endTag(element, at, nameEnd);
      return;
    }
    const written = endTagOf(element);
    if (this.#text.slice(at, end) !== written) this.#repair.edits.add(at, end, written);
  }

  /** Ends the document at `end`, where elements may still be open. @returns where what can be kept ends. */
  finish(end: number): number {
    const { item } = this.#open;
    const keptEnd = item?.tagAt ?? end;
    if (item !== undefined) {
      this.inline.abandon();
      this.#open.pop(this.#open.depthOf(item));
      this.#droppedItems += 1;
      this.#repair.edits.truncate(item.editsBefore);
      this.#stretches.resume();
    }
    this.#closeDownTo(0, keptEnd);
    this.#repair.edits.add(keptEnd, keptEnd, this.#stretches.leave());
    return keptEnd;
  }
}
