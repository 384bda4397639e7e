import type { ParseResult } from '../domain/items/parsed-feed.ts';
import { cleanLine } from '../runtime/clean-line.ts';
import { decode } from './decode.ts';
import { looksLikeJson, parseJsonFeed } from './json/parse-json-feed.ts';
import { parseXmlFeed } from './xml/xml-feed.ts';

/** A document as it came off the wire. */
export interface FeedDocument {
  readonly body: Uint8Array;
  /** The Content-Type header as received, null when absent. */
  readonly contentType: string | null;
}

/**
 * Reads a feed of any known format. Never throws, whatever the bytes; runs in a worker thread, since a document of the
 * largest allowed size takes a second.
 */
export async function parseFeed(document: FeedDocument): Promise<ParseResult> {
  try {
    return await parseDocument(document);
  } catch (error) {
    // A fault of the parser's on a document that mending should have made harmless: the document's loss, not the worker's.
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'unreadable', failure: 'parse_error', detail: cleanLine(reason) };
  }
}

async function parseDocument({ body, contentType }: FeedDocument): Promise<ParseResult> {
  const { text, notes } = decode(body, contentType);
  if (!/[^\s\0\ufeff]/.test(text)) return { kind: 'unreadable', failure: 'empty', detail: 'the document is empty' };
  const result = looksLikeJson(text, contentType) ? parseJsonFeed(text) : await parseXmlFeed(text);
  if (result.kind === 'unreadable') return { ...result, detail: cleanLine(result.detail) };
  return { kind: 'parsed', feed: { ...result.feed, notes: [...new Set([...notes, ...result.feed.notes])] } };
}
