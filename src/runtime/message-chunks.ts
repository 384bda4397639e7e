const maxBytes = 128 * 1024;
const maxItems = 10;

/** A part of a long member of the message that comes behind it. */
export interface MessageChunk {
  readonly kind: 'piece';
  /** The member's name. */
  readonly name: string;
  readonly part: Uint8Array | readonly unknown[];
}

/** A value without its long members, and these in pieces. */
export interface SplitMessage {
  readonly rest: unknown;
  readonly pieces: readonly MessageChunk[];
}

/**
 * Takes long lists and byte arrays out of an object. To write or read a message takes a turn of the event loop for
 * itself: the larger the message, the longer do all others wait.
 */
export function splitMessage(value: unknown): SplitMessage {
  if (!isRecord(value)) return { rest: value, pieces: [] };
  const members = Object.entries(value).map(([name, member]) => ({ name, member, pieces: piecesOf(name, member) }));
  const pieces = members.flatMap((member) => member.pieces);
  if (pieces.length === 0) return { rest: value, pieces };
  return {
    rest: Object.fromEntries(
      members.filter((one) => one.pieces.length === 0).map(({ name, member }) => [name, member]),
    ),
    pieces,
  };
}

/** The inverse of `takeApart`. */
export function joinMessage(rest: unknown, pieces: readonly MessageChunk[]): unknown {
  if (pieces.length === 0 || !isRecord(rest)) return rest;
  const parts = Map.groupBy(pieces, ({ name }) => name);
  const members = [...parts].map(([name, ofOne]) => [name, joined(ofOne.map(({ part }) => part))]);
  return Object.fromEntries([...Object.entries(rest), ...members]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function piecesOf(name: string, member: unknown): MessageChunk[] {
  const pieces: MessageChunk[] = [];
  if (member instanceof Uint8Array && member.length > maxBytes) {
    for (let at = 0; at < member.length; at += maxBytes) {
      pieces.push({ kind: 'piece', name, part: member.subarray(at, at + maxBytes) });
    }
  } else if (Array.isArray(member) && member.length > maxItems) {
    for (let at = 0; at < member.length; at += maxItems) {
      pieces.push({ kind: 'piece', name, part: member.slice(at, at + maxItems) });
    }
  }
  return pieces;
}

function joined(parts: readonly MessageChunk['part'][]): MessageChunk['part'] {
  const bytes = parts.filter((part) => part instanceof Uint8Array);
  return bytes.length > 0 ? Buffer.concat(bytes) : parts.flat();
}
