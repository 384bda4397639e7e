import { voidElements, worthlessBare } from './allow-list.ts';
import { OpenElements } from './open-elements.ts';
import { cutBytes } from './text.ts';

/** Clean HTML of bounded size. */
export interface Balanced {
  readonly html: string;
  /** Whether something had to go for its size. */
  readonly cut: boolean;
}

/**
 * HTML whose elements nest as a browser nests them, and of at most `maxBytes` bytes of UTF-8: a cut falls between
 * tags or characters, and everything open is closed behind it. Linear time for a bounded depth.
 *
 * @param html as the sanitiser writes it: attributes quoted, no `<` or `>` but those of tags.
 */
export function balance(html: string, maxBytes: number): Balanced {
  const open = new OpenElements();
  const out: string[] = [];
  let room = maxBytes;
  const write = (part: string): void => {
    out.push(part);
    room -= Buffer.byteLength(part);
  };
  for (const [piece, slash, name] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^<>]*>|[^<]+/g)) {
    if (name === undefined) {
      const text = cutText(piece, room - open.closingBytes);
      write(text);
      if (text !== piece) return finish(out, open, true);
    } else if (slash === '/') write(open.close(open.closedByEnd(name)));
    else if (!writeStart(piece, name, { open, write, room: () => room })) return finish(out, open, true);
  }
  return finish(out, open, false);
}

interface Sink {
  readonly open: OpenElements;
  write(part: string): void;
  room(): number;
}

/** False when there is no room for the element. */
function writeStart(tag: string, name: string, sink: Sink): boolean {
  if (worthlessBare.has(name) && !tag.includes('=')) return true;
  const closed = sink.open.closedByStart(name);
  if (closed === null) return true;
  sink.write(sink.open.close(closed));
  const parent = sink.open.missingParent(name);
  if (parent !== null && !writeStart(`<${parent}>`, parent, sink)) return false;
  const endBytes = voidElements.has(name) ? 0 : name.length + 3;
  if (Buffer.byteLength(tag) + endBytes > sink.room() - sink.open.closingBytes) return false;
  sink.write(tag);
  if (endBytes > 0) sink.open.push(name);
  return true;
}

/** A beginning of escaped text that splits neither a character nor an entity. */
function cutText(text: string, maxBytes: number): string {
  const cut = cutBytes(text, Math.max(0, maxBytes));
  return cut === text ? text : cut.replace(/&[a-z]*$/, '');
}

function finish(out: string[], open: OpenElements, cut: boolean): Balanced {
  const html = [...out, open.close(open.count)].join('');
  // What is left where a paragraph was closed for a block inside it.
  return { html: html.replaceAll('<p></p>', '').trim(), cut };
}
