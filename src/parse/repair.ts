import { Edits } from './edits.ts';
import { impliesEndOf, isVoid } from './elements.ts';
import { inlineMark, type MendedXml, type Unmendable } from './mended.ts';
import { findRoot, type Root, skipMisc } from './repair-prolog.ts';
import { decodeReferences, References } from './repair-references.ts';
import {
  areSoundAttributes,
  cdata,
  cdataAsMarkup,
  endOfName,
  readAttributes,
  readStartTag,
  type StartTag,
  writeAttributes,
} from './repair-tags.ts';
import { cleanCharacters } from './repair-text.ts';
import { type Naming, rootScope, type Scope } from './scope.ts';

const maxDepth = 256;
const maxTagChars = 1024 * 1024;
const maxNameChars = 1024;
const maxNames = 10_000;

interface OpenElement {
  readonly name: string;
  readonly naming: Naming;
  readonly scope: Scope;
  /** Where its start tag begins and how many edits there were before. */
  readonly tagAt: number;
  readonly editsBefore: number;
  readonly contentAt: number;
  readonly contentEdits: number;
  /** The `type` that an Atom text claims. */
  readonly type: string;
}

/**
 * Makes of a document the XML that a strict parser takes, keeping all of it that can be understood, in one pass and in
 * time linear to its length. Declarations are dropped unread, so nothing is ever expanded or fetched.
 */
export function mendXml(text: string): MendedXml | Unmendable {
  const clean = cleanCharacters(text);
  const root = findRoot(clean);
  if (root === null) return { kind: 'unreadable', failure: 'not_feed', detail: describe(clean) };
  const mender = new Mender(clean, root);
  if (clean !== text && clean.length !== text.replace(/^\ufeff+/, '').length) mender.note('recovered');
  return mender.run();
}

function describe(text: string): string {
  const first = /<(?![?!])[^\s>]{0,40}/.exec(text)?.[0];
  return first === undefined ? 'the document is neither XML nor JSON' : `the document begins with ${first}>`;
}

class Mender {
  readonly #text: string;
  readonly #root: Root;
  readonly #references: References;
  readonly #edits = new Edits();
  readonly #stack: OpenElement[] = [];
  readonly #notes: Set<string>;
  readonly #rootAttributes: ReadonlyMap<string, string>;
  #channel: ReadonlyMap<string, string> = new Map();
  /** The text element whose markup is being read as text. */
  #inline: OpenElement | null = null;
  #at = 0;
  #names = 0;
  #failure: Unmendable | null = null;
  #noMoreComments = false;

  constructor(text: string, root: Root) {
    this.#text = text;
    this.#root = root;
    this.#references = new References(text);
    this.#notes = new Set(root.notes);
    const tag = readStartTag(text, root.at);
    const written = tag === null ? '' : text.slice(tag.nameEnd, tag.attributesEnd);
    this.#rootAttributes = root.local === 'entry' ? new Map() : readAttributes(written);
    this.#openRoot(tag);
  }

  note(note: string): void {
    this.#notes.add(note);
  }

  run(): MendedXml | Unmendable {
    const bodyAt = this.#at;
    let end = bodyAt;
    while (this.#stack.length > 0 && this.#failure === null) {
      const open = this.#text.indexOf('<', this.#at);
      end = open < 0 ? this.#text.length : open;
      if (this.#inline === null) this.#mendReferences(this.#at, end);
      this.#at = end;
      if (open < 0) break;
      this.#readMarkup(open);
    }
    return this.#failure ?? this.#finish(bodyAt, end);
  }

  #openRoot(tag: StartTag | null): void {
    const { at, dialect, local } = this.#root;
    const scope = rootScope(dialect, tag?.name ?? '', this.#rootAttributes);
    const isWhole = local === 'entry';
    this.#at = isWhole || tag === null ? at : tag.end;
    if (tag?.selfClosing === true && !isWhole) return;
    if (local === 'channel') this.#channel = this.#rootAttributes;
    this.#push(
      { name: tag?.name ?? '', scope, tagAt: at, editsBefore: 0 },
      { field: '', role: 'other', renamed: false },
    );
  }

  #push(
    opened: Pick<OpenElement, 'name' | 'scope' | 'tagAt' | 'editsBefore'>,
    naming: Naming,
    type: string = '',
  ): void {
    this.#stack.push({ ...opened, naming, contentAt: this.#at, contentEdits: this.#edits.count, type });
    if (this.#stack.length > maxDepth) this.#limit(`elements are nested deeper than ${maxDepth}`);
  }

  #limit(detail: string): void {
    this.#failure = { kind: 'unreadable', failure: 'parse_limit', detail };
  }

  #mendReferences(from: number, to: number): void {
    let at = this.#references.nextDoubtful(from);
    while (at < to) {
      const { end, text } = this.#references.mend(at);
      this.#edits.add(at, end, text);
      this.#notes.add('recovered');
      at = this.#references.nextDoubtful(end);
    }
  }

  #readMarkup(at: number): void {
    const next = this.#text.charCodeAt(at + 1);
    if (next === 0x2f) this.#readEndTag(at);
    else if (next === 0x21 && this.#text.startsWith('<![CDATA[', at)) this.#readCdata(at);
    else if (next === 0x21 || next === 0x3f) this.#readMisc(at);
    else this.#readStartTag(at);
  }

  #readCdata(at: number): void {
    const close = this.#text.indexOf(']]>', at + 9);
    this.#at = close < 0 ? this.#text.length : close + 3;
    if (this.#inline === null) return;
    const content = this.#text.slice(at + 9, close < 0 ? this.#text.length : close);
    // In XHTML a CDATA section is text; what else carries markup had its author's HTML put into it.
    this.#edits.add(at, this.#at, this.#inline.type === 'xhtml' ? cdataAsMarkup(content) : content);
  }

  #readMisc(at: number): void {
    const isComment = this.#text.startsWith('<!--', at);
    const end = isComment && this.#noMoreComments ? null : skipMisc(this.#text, at);
    if (end === null) {
      this.#noMoreComments ||= isComment;
      this.#escapeBracket(at);
      return;
    }
    // Not left to the parser: it is strict about what a comment may hold.
    this.#edits.add(at, end, '');
    this.#at = end;
  }

  #escapeBracket(at: number): void {
    this.#edits.add(at, at + 1, '&lt;');
    this.#notes.add('recovered');
    this.#at = at + 1;
  }

  #readStartTag(at: number): void {
    const tag = readStartTag(this.#text, at);
    if (tag === null) {
      this.#escapeBracket(at);
      return;
    }
    if (tag.end - at > maxTagChars || tag.name.length > maxNameChars) {
      this.#limit('a tag is too long');
      return;
    }
    const parent = this.#top();
    const attributes = this.#text.slice(tag.nameEnd, tag.attributesEnd);
    const scope = attributes.includes('xmlns') ? parent.scope.inner(readAttributes(attributes)) : parent.scope;
    const naming = scope.naming(tag.name);
    this.#countNames(scope);
    this.#endWhatIsImplied(naming, at, attributes.trim() !== '');
    if (this.#inline === null && this.#top().naming.role === 'text') this.#beginInline(this.#top());
    if (this.#inline !== null) this.#startInline({ at, tag, naming, scope });
    else this.#startElement({ at, tag, naming, scope }, attributes);
  }

  #countNames(scope: Scope): void {
    // Each scope counts its own, at most one scope an element: a cheap bound on distinct names.
    this.#names = Math.max(this.#names, scope.size);
    if (this.#names > maxNames) this.#limit(`more than ${maxNames} different names`);
  }

  #top(): OpenElement {
    const top = this.#stack.at(-1);
    if (top === undefined) throw new Error('no element is open');
    return top;
  }

  #endWhatIsImplied(naming: Naming, at: number, hasAttributes: boolean): void {
    if (naming.role === 'item') {
      const open = this.#stack.findIndex((element) => element.naming.role === 'item');
      if (open > 0 && !this.#inline?.type.includes('/')) this.#closeFrom(open, at);
      return;
    }
    const base = this.#inline ?? this.#top();
    if (base.type.includes('/') || !impliesEndOf(base.naming.role, naming.field, hasAttributes)) return;
    this.#closeFrom(this.#stack.indexOf(base), at);
  }

  /** Closes the open elements from number `first` on, which lack their end tags, at `at`. */
  #closeFrom(first: number, at: number): void {
    while (this.#stack.length > first) {
      const element = this.#top();
      this.#endInline(element, at);
      if (this.#inline === null && !isVirtual(element)) this.#edits.add(at, at, `</${writtenName(element)}>`);
      this.#stack.pop();
    }
    this.#notes.add('recovered');
  }

  #beginInline(element: OpenElement): void {
    this.#inline = element;
    this.#edits.truncate(element.contentEdits);
  }

  #endInline(element: OpenElement, at: number): void {
    if (this.#inline !== element) return;
    this.#inline = null;
    const content = { from: element.contentAt, to: at, first: element.contentEdits };
    const markup = this.#edits.apply(this.#text, content);
    this.#edits.truncate(element.contentEdits);
    this.#edits.add(element.contentAt, at, `<${inlineMark}/>${cdata(markup)}`);
  }

  #startInline({ at, tag, naming, scope }: Started): void {
    this.#at = tag.end;
    const local = naming.field.startsWith('xhtml:') && tag.name.includes(':') ? tag.name.replace(/^.*:/, '') : null;
    if (local !== null) this.#edits.add(at + 1, tag.nameEnd, local);
    if (!tag.complete) this.#edits.add(tag.end, tag.end, '>');
    if (!tag.selfClosing) {
      this.#push({ name: tag.name, scope, tagAt: at, editsBefore: 0 }, naming);
    } else if (!isVoid(local ?? tag.name)) {
      this.#edits.add(tag.attributesEnd, tag.end, `></${local ?? tag.name}>`);
    }
  }

  #startElement({ at, tag, naming, scope }: Started, attributes: string): void {
    const editsBefore = this.#edits.count;
    this.#at = tag.end;
    if (naming.role === 'channel') {
      if (this.#stack.length === 1) this.#channel = readAttributes(attributes);
      this.#edits.add(at, tag.end, '');
    } else {
      this.#editStartTag(at, tag, naming);
    }
    if (tag.selfClosing) return;
    const type = naming.role === 'text' && attributes !== '' ? claimedType(attributes) : '';
    this.#push({ name: tag.name, scope, tagAt: at, editsBefore }, naming, type);
  }

  #editStartTag(at: number, tag: StartTag, naming: Naming): void {
    if (naming.renamed) this.#edits.add(at + 1, tag.nameEnd, naming.field);
    const written = this.#text.slice(tag.nameEnd, tag.attributesEnd);
    const isDoubtful = this.#references.nextDoubtful(tag.nameEnd) < tag.attributesEnd;
    const isSound = written === '' || (!isDoubtful && areSoundAttributes(written));
    if (isSound && tag.complete) return;
    const attributes = writeAttributes(readAttributes(this.#mendedSlice(tag.nameEnd, tag.attributesEnd)));
    this.#edits.add(tag.nameEnd, tag.end, `${attributes}${tag.selfClosing ? '/' : ''}>`);
    this.#notes.add('recovered');
  }

  #mendedSlice(from: number, to: number): string {
    const first = this.#edits.count;
    this.#mendReferences(from, to);
    const slice = this.#edits.apply(this.#text, { from, to, first });
    this.#edits.truncate(first);
    return slice;
  }

  #readEndTag(at: number): void {
    const nameEnd = endOfName(this.#text, at + 2);
    if (nameEnd === null) {
      if (this.#inline === null) this.#escapeBracket(at);
      else this.#at = at + 2;
      return;
    }
    const end = this.#endOfEndTag(nameEnd);
    const name = this.#text.slice(at + 2, nameEnd);
    if (this.#top().name !== name && !this.#closeDownTo(name, at)) {
      this.#dropEndTag(at, end);
      return;
    }
    this.#closeTop({ at, nameEnd, end });
  }

  #endOfEndTag(nameEnd: number): number {
    const code = this.#text.charCodeAt(nameEnd);
    if (code === 0x3e) return nameEnd + 1;
    const rest = /[^<>]*>?/y;
    rest.lastIndex = nameEnd;
    rest.test(this.#text);
    return rest.lastIndex;
  }

  /** Closes what is open above the element that `name` ends; false when no open element has that name. */
  #closeDownTo(name: string, at: number): boolean {
    const lower = name.toLowerCase();
    const index = this.#stack.findLastIndex((element) => element.name.toLowerCase() === lower);
    if (index < 0) return false;
    if (index < this.#stack.length - 1) this.#closeFrom(index + 1, at);
    return true;
  }

  #dropEndTag(at: number, end: number): void {
    this.#edits.add(at, end, '');
    if (this.#inline === null) this.#notes.add('recovered');
    this.#at = end;
  }

  #closeTop({ at, nameEnd, end }: { at: number; nameEnd: number; end: number }): void {
    const element = this.#top();
    this.#endInline(element, at);
    this.#stack.pop();
    this.#at = end;
    if (this.#stack.length === 0) return;
    if (isVirtual(element)) {
      this.#edits.add(at, end, '');
    } else if (this.#inline !== null) {
      if (element.naming.field.startsWith('xhtml:') && element.name.includes(':')) {
        this.#edits.add(at + 2, nameEnd, element.name.replace(/^.*:/, ''));
      }
    } else {
      const written = writtenName(element);
      if (this.#text.slice(at + 2, nameEnd) !== written || this.#text.charCodeAt(end - 1) !== 0x3e) {
        this.#edits.add(at + 2, end, `${written}>`);
      }
    }
  }

  #finish(bodyAt: number, end: number): MendedXml {
    let bodyEnd = end;
    const isWhole = this.#stack.length === 0 || (this.#stack.length === 1 && this.#root.local === 'entry');
    if (!isWhole) {
      this.#notes.add('partial_parse');
      const cut = this.#stack.find((element) => element.naming.role === 'item');
      if (cut !== undefined) {
        this.#inline = null;
        this.#stack.length = this.#stack.indexOf(cut);
        this.#edits.truncate(cut.editsBefore);
        bodyEnd = cut.tagAt;
      }
      const notes = new Set(this.#notes);
      this.#closeFrom(1, bodyEnd);
      this.#notes.clear();
      for (const note of notes) this.#notes.add(note);
    }
    const body = this.#edits.apply(this.#text, { from: bodyAt, to: bodyEnd, first: 0 });
    const isAtom = this.#root.dialect === 'atom';
    return {
      kind: 'mended',
      xml: isAtom ? `<feed version="1.0">${body}</feed>` : `<rss version="2.0"><channel>${body}</channel></rss>`,
      dialect: this.#root.dialect,
      root: lowerCased(this.#rootAttributes),
      channel: lowerCased(this.#channel),
      namespace: namespaceOf(this.#rootAttributes),
      notes: [...this.#notes],
    };
  }
}

interface Started {
  readonly at: number;
  readonly tag: StartTag;
  readonly naming: Naming;
  readonly scope: Scope;
}

function isVirtual(element: OpenElement): boolean {
  return element.naming.role === 'channel' || element.naming.field === '';
}

function writtenName(element: OpenElement): string {
  return element.naming.renamed ? element.naming.field : element.name;
}

function claimedType(attributes: string): string {
  return /\stype\s*=\s*["']?([^"'\s>]+)/i.exec(attributes)?.[1]?.toLowerCase() ?? '';
}

function lowerCased(attributes: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...attributes].map(([key, value]) => [key.toLowerCase(), decodeReferences(value)]));
}

function namespaceOf(attributes: ReadonlyMap<string, string>): string {
  return attributes.get('xmlns') ?? '';
}
