import { type Note, note } from '../../domain/notes/note.ts';
import { dropOldestItems } from '../limits/oldest-first.ts';
import { maxItems } from '../limits/parse-limits.ts';
import { CdataSections } from './cdata-sections.ts';
import { type FeedRoot, findFeedRoot } from './find-feed-root.ts';
import { rootScope } from './namespace-scope.ts';
import { RepairContext } from './repair-context.ts';
import { ElementRepairer } from './repair-elements.ts';
import { decodeReferences } from './repair-references.ts';
import { readAttributes, readStartTag } from './repair-tags.ts';
import type { RepairedXml, UnrepairableXml } from './repaired-xml.ts';
import { MiscSkipper } from './skip-misc.ts';

/**
 * Repairs a document so that a strict XML parser accepts it, and keeps everything that can be interpreted. One pass in
 * linear time. Document type declarations are dropped unread, so no entity is ever expanded or fetched.
 */
export function repairXml(text: string): RepairedXml | UnrepairableXml {
  const legal = withinItemLimit(removeIllegalCharacters(text));
  const misc = new MiscSkipper(legal.text);
  const root = findFeedRoot(legal.text, misc);
  if (root === null) return { kind: 'unreadable', failure: 'not_feed', detail: describe(legal.text) };
  const repairer = new XmlRepairer(new RepairContext(legal.text, [...legal.notes, ...root.notes]), root, misc);
  const repaired = repairer.run();
  if (repaired.kind === 'unreadable' || repairer.keptItems > 0) return repaired;
  return repairByItems(legal, root, repairer.firstItemAt) ?? repaired;
}

function withinItemLimit({ text, notes }: LegalText): LegalText {
  const limited = dropOldestItems(text);
  return { text: limited, notes: limited === text ? notes : [...notes, note('item_flood', maxItems)] };
}

const itemTags = { rss: /[<:]item[\s/>]/i, atom: /[<:]entry[\s/>]/i };

/**
 * Repairs a document whose items are of another dialect than its root. Null if it has no such item before `before`, the
 * position of a truncated item of the dialect of the root.
 */
function repairByItems({ text, notes }: LegalText, root: FeedRoot, before: number): RepairedXml | null {
  const dialect = root.dialect === 'atom' ? 'rss' : 'atom';
  if (!itemTags[dialect].test(text)) return null;
  const repair = new RepairContext(text, [...notes, ...root.notes, note('recovered')]);
  const repairer = new XmlRepairer(repair, { ...root, dialect }, new MiscSkipper(text));
  const repaired = repairer.run();
  return repaired.kind === 'repaired' && repairer.firstItemAt < before ? repaired : null;
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
  readonly #cdata: CdataSections;
  #at: number;

  constructor(repair: RepairContext, root: FeedRoot, misc: MiscSkipper) {
    const { text } = repair;
    this.#text = text;
    this.#misc = misc;
    this.#cdata = new CdataSections(text);
    this.#root = root;
    this.#repair = repair;
    this.#elements = new ElementRepairer(this.#repair);
    const tag = readStartTag(text, root.at);
    // A document that is a single entry has no feed element: the root tag is that of an item.
    const isFeed = tag !== null && root.localName !== 'entry';
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
    const next = this.#text.charAt(at + 1);
    if (next === '/') return this.#elements.readEndTag(at);
    if (next === '?') return this.#readMisc(at);
    if (next !== '!') return this.#elements.readStartTag(at);
    return this.#cdata.beginsAt(at) ? this.#readCdata(at) : this.#readMisc(at);
  }

  #readCdata(at: number): number {
    const { inline, currentElement } = this.#elements;
    const { content, end, isClosed } = this.#cdata.read(at, currentElement.name);
    if (inline.textElement !== null) inline.cdata(at, end, content);
    else if (!isClosed) this.#repair.edits.add(end, end, ']]>');
    // At the end of the document the section is truncated, not repaired.
    if (!isClosed && end < this.#text.length) this.#repair.notes.flag('recovered');
    return end;
  }

  #readMisc(at: number): number {
    const end = this.#misc.end(at);
    if (end === null) return this.#repair.escapeAngleBracket(at);
    // Removed, because a strict parser rejects comments that contain `--`.
    this.#repair.edits.add(at, end, '');
    return end;
  }

  #finish(end: number): RepairedXml {
    const { edits, notes } = this.#repair;
    if (this.#elements.isFull) notes.add('item_flood', maxItems);
    else if (!this.#elements.isEmpty && this.#root.localName !== 'entry') notes.flag('partial_parse');
    const to = this.#elements.finish(end);
    const body = edits.apply(this.#text, { from: this.#bodyAt, to, first: 0 });
    const isAtom = this.#root.dialect === 'atom';
    const isChannel = this.#root.localName === 'channel';
    return {
      kind: 'repaired',
      xml: isAtom ? `<feed version="1.0">${body}</feed>` : `<rss version="2.0"><channel>${body}</channel></rss>`,
      dialect: this.#root.dialect,
      root: isChannel ? {} : lowerCased(this.#attributes),
      channel: lowerCased(isChannel ? this.#attributes : this.#elements.channel),
      notes: notes.list(),
    };
  }
}

function lowerCased(attributes: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  return Object.fromEntries([...attributes].map(([key, value]) => [key.toLowerCase(), decodeReferences(value)]));
}

/** The characters that XML 1.0 forbids, except lone surrogates, which `toWellFormed` replaces faster. */
const illegal = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const allIllegal = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]+/g;

/** A text without illegal characters, and a note if some were removed. */
interface LegalText {
  readonly text: string;
  readonly notes: readonly Note[];
}

/**
 * Removes the characters that XML 1.0 forbids (control characters, noncharacters) and leading byte order marks, and
 * replaces lone surrogates.
 */
export function removeIllegalCharacters(text: string): LegalText {
  const bare = text.charCodeAt(0) === 0xfeff ? text.replace(/^\ufeff+/, '') : text;
  const wellFormed = bare.isWellFormed() ? bare : bare.toWellFormed();
  const legal = illegal.test(wellFormed) ? wellFormed.replace(allIllegal, '') : wellFormed;
  return { text: legal, notes: legal === bare ? [] : [note('recovered')] };
}
