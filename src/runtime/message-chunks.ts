const chunkBytes = 128 * 1024;
const chunkItems = 10;

/** A part of a long member, sent before the message to which it belongs. */
export interface MessageChunk {
  readonly kind: 'chunk';
  readonly name: string;
  readonly part: Uint8Array | readonly unknown[];
}

/** A value without its long members, and these in chunks. */
export interface SplitMessage {
  readonly rest: unknown;
  readonly chunks: readonly MessageChunk[];
}

/**
 * Splits long lists and byte arrays off an object. Serialising a message blocks the event loop: several small messages
 * block it for less time at once than a large one.
 */
export function splitMessage(value: unknown): SplitMessage {
  if (!isRecord(value)) return { rest: value, chunks: [] };
  const members = Object.entries(value).map(([name, member]) => ({ name, member, chunks: chunksOf(name, member) }));
  const chunks = members.flatMap((member) => member.chunks);
  if (chunks.length === 0) return { rest: value, chunks };
  return {
    rest: Object.fromEntries(
      members.filter((one) => one.chunks.length === 0).map(({ name, member }) => [name, member]),
    ),
    chunks,
  };
}

/** The inverse of `takeApart`. */
export function joinMessage(rest: unknown, chunks: readonly MessageChunk[]): unknown {
  if (chunks.length === 0 || !isRecord(rest)) return rest;
  const parts = Map.groupBy(chunks, ({ name }) => name);
  const members = [...parts].map(([name, ofOne]) => [name, joined(ofOne.map(({ part }) => part))]);
  return Object.fromEntries([...Object.entries(rest), ...members]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function chunksOf(name: string, member: unknown): MessageChunk[] {
  const chunks: MessageChunk[] = [];
  if (member instanceof Uint8Array && member.length > chunkBytes) {
    for (let at = 0; at < member.length; at += chunkBytes) {
      chunks.push({ kind: 'chunk', name, part: member.subarray(at, at + chunkBytes) });
    }
  } else if (Array.isArray(member) && member.length > chunkItems) {
    for (let at = 0; at < member.length; at += chunkItems) {
      chunks.push({ kind: 'chunk', name, part: member.slice(at, at + chunkItems) });
    }
  }
  return chunks;
}

function joined(parts: readonly MessageChunk['part'][]): MessageChunk['part'] {
  const bytes = parts.filter((part) => part instanceof Uint8Array);
  return bytes.length > 0 ? Buffer.concat(bytes) : parts.flat();
}
