import { dropOldestItems } from '../limits/oldest-first.ts';
import { CdataSections } from './cdata-sections.ts';
import { type FeedRoot, findFeedRoot } from './find-feed-root.ts';
import { removeIllegalCharacters, type ValidText } from './illegal-characters.ts';
import { rootScope } from './namespace-scope.ts';
import { RepairContext } from './repair-context.ts';
import { ElementRepairer } from './repair-elements.ts';
import { decodeReferences } from './repair-references.ts';
import { readAttributes, readStartTag } from './repair-tags.ts';
import type { RepairedXml, UnrepairableXml } from './repaired-xml.ts';
import { MiscSkipper } from './skip-misc.ts';

/**
 * Makes of a document the XML that a strict parser takes, keeping all of it that can be understood, in one pass and in
 * time linear to its length. Declarations are dropped unread, so nothing is ever expanded or fetched.
 */
export function repairXml(text: string): RepairedXml | UnrepairableXml {
  const clean = dropOldestItems(removeIllegalCharacters(text));
  const misc = new MiscSkipper(clean.text);
  const root = findFeedRoot(clean.text, misc);
  if (root === null) return { kind: 'unreadable', failure: 'not_feed', detail: describe(clean.text) };
  const usual = new XmlRepairer(new RepairContext(clean.text, [...clean.notes, ...root.notes]), root, misc);
  const mended = usual.run();
  if (mended.kind === 'unreadable' || usual.keptItems > 0) return mended;
  return repairByItems(clean, root, usual.firstItemAt) ?? mended;
}

const itemTags = { rss: /[<:]item[\s/>]/i, atom: /[<:]entry[\s/>]/i };

/**
 * Reads by its items a document whose root says that they are called otherwise; null when it has none of them before
 * `before`, where an item as they should be called began, of which the end is missing.
 */
function repairByItems({ text, notes }: ValidText, root: FeedRoot, before: number): RepairedXml | null {
  const dialect = root.dialect === 'atom' ? 'rss' : 'atom';
  if (!itemTags[dialect].test(text)) return null;
  const repair = new RepairContext(text, [...notes, ...root.notes, 'recovered']);
  const mender = new XmlRepairer(repair, { ...root, dialect }, new MiscSkipper(text));
  const mended = mender.run();
  return mended.kind === 'mended' && mender.firstItemAt < before ? mended : null;
}

function describe(text: string): string {
  const first = /<(?![?!])[^\s>]{1,40}/.exec(text.slice(0, 10_000))?.[0];
  return first === undefined ? 'the document is neither XML nor JSON' : `the document begins with ${first}>`;
}

class XmlRepairer {
  readonly #text: string;
  readonly #root: FeedRoot;
  readonly #repair: RepairContext;
  readonly #elements: ElementRepairer;
  readonly #attributes: ReadonlyMap<string, string>;
  readonly #bodyAt: number;
  readonly #misc: MiscSkipper;
  readonly #sections: CdataSections;
  #at: number;

  constructor(repair: RepairContext, root: FeedRoot, misc: MiscSkipper) {
    const { text } = repair;
    this.#text = text;
    this.#misc = misc;
    this.#sections = new CdataSections(text);
    this.#root = root;
    this.#repair = repair;
    this.#elements = new ElementRepairer(this.#repair);
    const tag = readStartTag(text, root.at);
    // A lone entry is a feed of one: its tag is an item's.
    const isFeed = tag !== null && root.local !== 'entry';
    this.#attributes = isFeed ? readAttributes(text.slice(tag.nameEnd, tag.attributesEnd)) : new Map();
    this.#bodyAt = isFeed ? tag.end : root.at;
    this.#at = this.#bodyAt;
    if (tag?.selfClosing === true && isFeed) return;
    const name = isFeed ? tag.name : '';
    this.#elements.openRoot(name, rootScope(root.dialect, name, this.#attributes), this.#bodyAt);
  }

  get keptItems(): number {
    return this.#elements.keptItems;
  }

  get firstItemAt(): number {
    return this.#elements.firstItemAt;
  }

  run(): RepairedXml | UnrepairableXml {
    let end = this.#at;
    while (!this.#elements.isEmpty && this.#repair.failure === null && !this.#elements.isFull) {
      const open = this.#text.indexOf('<', this.#at);
      end = open < 0 ? this.#text.length : open;
      if (this.#elements.inline.textElement === null) this.#repair.repairReferences(this.#at, end);
      if (open < 0) break;
      this.#at = this.#readMarkup(open);
    }
    return this.#repair.failure ?? this.#finish(end);
  }

  #readMarkup(at: number): number {
    const next = this.#text.charCodeAt(at + 1);
    if (next === 0x2f) return this.#elements.end(at);
    if (next === 0x3f) return this.#readMisc(at);
    if (next !== 0x21) return this.#elements.readStartTag(at);
    return this.#sections.beginsAt(at) ? this.#readCdata(at) : this.#readMisc(at);
  }

  #readCdata(at: number): number {
    const { inline, textElement } = this.#elements;
    const { content, end, isClosed } = this.#sections.read(at, textElement.name);
    if (inline.textElement !== null) inline.cdata(at, end, content);
    else if (!isClosed) this.#repair.edits.add(end, end, ']]>');
    // At the end of the document it is cut, not mended.
    if (!isClosed && end < this.#text.length) this.#repair.notes.add('recovered');
    return end;
  }

  #readMisc(at: number): number {
    const end = this.#misc.end(at);
    if (end === null) return this.#repair.escapeAngleBracket(at);
    // Not left to the parser, which is strict about what a comment may hold.
    this.#repair.edits.add(at, end, '');
    return end;
  }

  #finish(end: number): RepairedXml {
    const { edits, notes } = this.#repair;
    if (this.#elements.isFull) notes.add('item_flood');
    else if (!this.#elements.isEmpty && this.#root.local !== 'entry') notes.add('partial_parse');
    const to = this.#elements.finish(end);
    const body = edits.apply(this.#text, { from: this.#bodyAt, to, first: 0 });
    const isAtom = this.#root.dialect === 'atom';
    const isChannel = this.#root.local === 'channel';
    return {
      kind: 'mended',
      xml: isAtom ? `<feed version="1.0">${body}</feed>` : `<rss version="2.0"><channel>${body}</channel></rss>`,
      dialect: this.#root.dialect,
      root: isChannel ? {} : lowerCased(this.#attributes),
      channel: lowerCased(isChannel ? this.#attributes : this.#elements.channel),
      notes: [...notes],
    };
  }
}

function lowerCased(attributes: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  return Object.fromEntries([...attributes].map(([key, value]) => [key.toLowerCase(), decodeReferences(value)]));
}
