import { endsItsLike, impliesEndOf, isVoid } from './elements.ts';
import { maxDepth, maxItems, maxNameChars, maxNames, maxTagChars } from './limits.ts';
import { fieldsTag, inlineTag } from './mended.ts';
import { endTagOf, holdsXml, htmlName, isVirtual, itemEnd, itemStart, type OpenElement } from './open-elements.ts';
import type { Repair } from './repair-context.ts';
import {
  areSoundAttributes,
  cdata,
  endOfName,
  readAttributes,
  readStartTag,
  type StartTag,
  writeAttributes,
} from './repair-tags.ts';
import type { Naming, Scope } from './scope.ts';

const rootNaming: Naming = { field: '', role: 'root', renamed: false };

interface Started {
  readonly at: number;
  readonly tag: StartTag;
  /** As written, with the space before them. */
  readonly attributes: string;
  readonly naming: Naming;
  readonly scope: Scope;
}

/** The elements of a document under repair: which are open, which were never closed, and which are text after all. */
export class Elements {
  readonly #repair: Repair;
  readonly #text: string;
  readonly #stack: OpenElement[] = [];
  #inline: OpenElement | null = null;
  #channel: ReadonlyMap<string, string> = new Map();
  /** Whether fields of the feed are being written, and whether they were before the last item. */
  #inStretch = false;
  #items = 0;
  #itemLeftStretch = false;

  constructor(repair: Repair) {
    this.#repair = repair;
    this.#text = repair.text;
  }

  get isEmpty(): boolean {
    return this.#stack.length === 0;
  }

  /** The text element whose markup is being read as text; null outside of such. */
  get inline(): OpenElement | null {
    return this.#inline;
  }

  /** Whether as many items were read as are taken, and one more begins. */
  get isFull(): boolean {
    return this.#items > maxItems;
  }

  /** The attributes of RSS's `channel`. */
  get channel(): ReadonlyMap<string, string> {
    return this.#channel;
  }

  /** Opens the root, whose content begins at `contentAt`. */
  openRoot(name: string, scope: Scope, contentAt: number): void {
    this.#push({ name, naming: rootNaming, scope, tagAt: contentAt, editsBefore: 0, type: '' }, contentAt);
  }

  /** Reads the start tag at `at`. @returns where to go on reading. */
  start(at: number): number {
    const tag = readStartTag(this.#text, at);
    // In text, what runs into the next tag is rather a sign than a tag: `a <b c</title>`.
    const isSign = tag === null || (!tag.complete && ['text', 'leaf'].includes(this.#textual().naming.role));
    if (isSign) return this.#repair.escapeBracket(at);
    if (tag.end - at > maxTagChars || tag.name.length > maxNameChars) this.#repair.refuse('a tag is too long');
    else this.#start(at, tag);
    return tag.end;
  }

  #start(at: number, tag: StartTag): void {
    const attributes = this.#text.slice(tag.nameEnd, tag.attributesEnd);
    const outer = this.#top().scope;
    const scope = attributes.includes('xmlns') ? outer.inner(readAttributes(attributes)) : outer;
    const naming = scope.naming(tag.name);
    if (scope.size > maxNames) this.#repair.refuse(`more than ${maxNames} different names`);

    if (naming.role === 'item') {
      if (tag.selfClosing && this.#isInItem()) {
        this.#repair.edits.add(at, tag.end, '');
        return;
      }
      this.#items += 1;
      if (this.isFull) return;
    }
    this.#endWhatIsImplied(naming, at, attributes);
    if (this.#inline === null && this.#top().naming.role === 'text') this.#beginInline(this.#top());
    const started = { at, tag, attributes, naming, scope };
    if (this.#inline !== null) this.#startInline(started);
    else this.#startElement(started);
  }

  /** The element whose text is being read: that which holds the markup, if markup is text here. */
  #textual(): OpenElement {
    return this.#inline ?? this.#top();
  }

  #isInItem(): boolean {
    return this.#stack.some((element) => element.naming.role === 'item');
  }

  #top(): OpenElement {
    const top = this.#stack.at(-1);
    if (top === undefined) throw new Error('no element is open');
    return top;
  }

  #push(opened: Omit<OpenElement, 'contentAt' | 'contentEdits'>, contentAt: number): void {
    this.#stack.push({ ...opened, contentAt, contentEdits: this.#repair.edits.count });
    if (this.#stack.length > maxDepth) this.#repair.refuse(`elements are nested deeper than ${maxDepth}`);
  }

  #endWhatIsImplied(naming: Naming, at: number, attributes: string): void {
    if (holdsXml(this.#textual())) return;
    if (naming.role === 'item') {
      this.#discardEmptyItem(at);
      const first = this.#stack.findIndex((element) => !isVirtual(element));
      if (first >= 0) this.#closeFrom(first, at);
      return;
    }
    const base = this.#textual();
    if (!impliesEndOf(base.naming.role, naming.field, attributes.trim() !== '')) return;
    this.#closeFrom(this.#stack.indexOf(base), at);
  }

  /** An item that begins with another item is only a wrapper about it. */
  #discardEmptyItem(at: number): void {
    const { naming, contentAt, contentEdits, tagAt, editsBefore } = this.#top();
    const { edits } = this.#repair;
    if (naming.role !== 'item' || edits.count !== contentEdits) return;
    if (this.#text.slice(contentAt, at).trim() !== '') return;
    this.#stack.pop();
    edits.truncate(editsBefore);
    this.#inStretch = this.#itemLeftStretch;
    edits.add(tagAt, at, '');
    this.#repair.notes.add('recovered');
  }

  /** Closes the open elements from number `first` on, which lack their end tags, at `at`. */
  #closeFrom(first: number, at: number): void {
    while (this.#stack.length > first) {
      const element = this.#top();
      this.#endInline(element, at);
      if (this.#inline === null) this.#repair.edits.add(at, at, endTagOf(element));
      this.#stack.pop();
      this.#repair.notes.add('recovered');
    }
  }

  #beginInline(element: OpenElement): void {
    this.#inline = element;
    // References in it are left to whoever reads the markup.
    this.#repair.edits.truncate(element.contentEdits);
  }

  #endInline(element: OpenElement, at: number): void {
    if (this.#inline !== element) return;
    this.#inline = null;
    const { edits } = this.#repair;
    const markup = edits.apply(this.#text, { from: element.contentAt, to: at, first: element.contentEdits });
    edits.truncate(element.contentEdits);
    edits.add(element.contentAt, at, `<${inlineTag}/>${cdata(markup)}`);
  }

  #startInline({ at, tag, naming, scope }: Started): void {
    const { edits } = this.#repair;
    const renamed = htmlName(tag.name, naming);
    if (renamed !== null) edits.add(at + 1, tag.nameEnd, renamed);
    const name = renamed ?? tag.name;
    if (isVoid(name)) return;
    // The stack must not grow with each `<p>` or `<li>` of a list that is never closed.
    if (endsItsLike(name) && this.#top().name === tag.name) this.#stack.pop();
    if (tag.selfClosing) edits.add(tag.attributesEnd, tag.end, `></${name}>`);
    else this.#push({ name: tag.name, naming, scope, tagAt: at, editsBefore: 0, type: '' }, tag.end);
  }

  #startElement({ at, tag, attributes, naming, scope }: Started): void {
    const editsBefore = this.#repair.edits.count;
    if (naming.role === 'channel') {
      if (this.#stack.length === 1) this.#channel = readAttributes(attributes);
      this.#repair.edits.add(at, tag.end, '');
    } else {
      if (naming.role !== 'item') this.#enterStretch(at);
      this.#editStartTag(at, tag, naming);
    }
    if (tag.selfClosing) return;
    const type = naming.role === 'text' && attributes !== '' ? claimedType(attributes) : '';
    this.#push({ name: tag.name, naming, scope, tagAt: at, editsBefore, type }, tag.end);
  }

  #editStartTag(at: number, tag: StartTag, naming: Naming): void {
    const { edits } = this.#repair;
    const isItem = naming.role === 'item';
    if (isItem) edits.add(at, tag.nameEnd, this.#leaveStretch() + itemStart(naming.field));
    else if (naming.renamed) edits.add(at + 1, tag.nameEnd, naming.field);

    const written = this.#attributesToWrite(tag);
    if (written !== null) edits.add(tag.nameEnd, tag.attributesEnd, written);
    if (isItem && tag.selfClosing) {
      edits.add(tag.attributesEnd, tag.end, `>${itemEnd(naming.field)}`);
    } else if (!tag.complete) {
      edits.add(tag.attributesEnd, tag.end, '>');
    }
  }

  /** Opens the stretch of the feed's fields that an element at `at` stands in, unless it is open. */
  #enterStretch(at: number): void {
    if (this.#inStretch || !isVirtual(this.#top())) return;
    this.#inStretch = true;
    this.#repair.edits.add(at, at, `<${fieldsTag}>`);
  }

  /** Ends the stretch of the feed's fields that an item interrupts. @returns its end tag, '' when none is open. */
  #leaveStretch(): string {
    this.#itemLeftStretch = this.#inStretch;
    this.#inStretch = false;
    return this.#itemLeftStretch ? `</${fieldsTag}>` : '';
  }

  /** The attributes of a tag as a strict parser wants them; null when they may stay as they are. */
  #attributesToWrite({ nameEnd, attributesEnd }: StartTag): string | null {
    if (nameEnd === attributesEnd) return null;
    const isSound = areSoundAttributes(this.#text.slice(nameEnd, attributesEnd));
    if (isSound && !this.#repair.isDoubtful(nameEnd, attributesEnd)) return null;
    this.#repair.notes.add('recovered');
    return writeAttributes(readAttributes(this.#repair.mendedSlice(nameEnd, attributesEnd)));
  }

  /** Reads the end tag at `at`. @returns where to go on reading. */
  end(at: number): number {
    const nameEnd = endOfName(this.#text, at + 2);
    if (nameEnd === null) return this.#repair.escapeBracket(at);
    const end = endOfEndTag(this.#text, nameEnd);
    const name = this.#text.slice(at + 2, nameEnd);
    if (this.#top().name === name || this.#closeDownTo(name, at)) this.#closeTop({ at, nameEnd, end });
    else this.#dropEndTag(at, end);
    return end;
  }

  /** Closes what is open above the element that `name` ends; false when no open element has that name. */
  #closeDownTo(name: string, at: number): boolean {
    const lower = name.toLowerCase();
    const index = this.#stack.findLastIndex((element) => element.name.toLowerCase() === lower);
    if (index < 0) return false;
    this.#closeFrom(index + 1, at);
    return true;
  }

  #dropEndTag(at: number, end: number): void {
    this.#repair.edits.add(at, end, '');
    if (this.#inline === null) this.#repair.notes.add('recovered');
  }

  #closeTop({ at, nameEnd, end }: { at: number; nameEnd: number; end: number }): void {
    const { edits } = this.#repair;
    const element = this.#top();
    this.#endInline(element, at);
    this.#stack.pop();
    if (this.#stack.length === 0) return;
    if (this.#inline === null) {
      const written = endTagOf(element);
      if (this.#text.slice(at, end) !== written) edits.add(at, end, written);
      return;
    }
    const renamed = htmlName(element.name, element.naming);
    if (renamed !== null) edits.add(at + 2, nameEnd, renamed);
  }

  /** Ends the document at `end`, where elements may still be open. @returns where what can be kept ends. */
  finish(end: number): number {
    const kept = this.#stack.length === 0 ? end : this.#cutTo(end);
    this.#repair.edits.add(kept, kept, this.#leaveStretch());
    return kept;
  }

  #cutTo(end: number): number {
    const cut = this.#stack.find((element) => element.naming.role === 'item');
    let keptEnd = end;
    if (cut !== undefined) {
      this.#inline = null;
      this.#stack.length = this.#stack.indexOf(cut);
      this.#repair.edits.truncate(cut.editsBefore);
      this.#inStretch = this.#itemLeftStretch;
      keptEnd = cut.tagAt;
    }
    this.#closeFrom(0, keptEnd);
    return keptEnd;
  }
}

function endOfEndTag(text: string, nameEnd: number): number {
  if (text.charCodeAt(nameEnd) === 0x3e) return nameEnd + 1;
  const rest = /[^<>]*>?/y;
  rest.lastIndex = nameEnd;
  rest.test(text);
  return rest.lastIndex;
}

function claimedType(attributes: string): string {
  return /\stype\s*=\s*["']?([^"'\s>]+)/i.exec(attributes)?.[1]?.toLowerCase() ?? '';
}
