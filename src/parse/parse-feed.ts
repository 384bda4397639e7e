import type { ParseResult } from '../domain/items/parsed-feed.ts';
import { mergeNotes } from '../domain/notes/note.ts';
import { cleanLine } from '../runtime/clean-line.ts';
import { decode } from './decode.ts';
import { looksLikeJson, parseJsonFeed } from './json/parse-json-feed.ts';
import { parseXmlFeed } from './xml/xml-feed.ts';

/** A document as received. */
export interface FeedDocument {
  readonly body: Uint8Array;
  /** The Content-Type header as received, null when absent. */
  readonly contentType: string | null;
}

/**
 * Parses a feed of any supported format. Never throws. Call it in a worker process: a document of the maximum size takes
 * about a second.
 */
export async function parseFeed(document: FeedDocument): Promise<ParseResult> {
  try {
    return await parseDocument(document);
  } catch (error) {
    // The parser failed on a document that repair should have made well-formed. Fail the document, not the worker.
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'unreadable', failure: 'parse_error', detail: cleanLine(reason) };
  }
}

async function parseDocument({ body, contentType }: FeedDocument): Promise<ParseResult> {
  const { text, notes } = decode(body, contentType);
  if (!/[^\s\0\ufeff]/.test(text)) return { kind: 'unreadable', failure: 'empty', detail: 'the document is empty' };
  const result = looksLikeJson(text, contentType) ? parseJsonFeed(text) : await parseXmlFeed(text);
  if (result.kind === 'unreadable') return { ...result, detail: cleanLine(result.detail) };
  return { kind: 'parsed', feed: { ...result.feed, notes: mergeNotes(notes, result.feed.notes) } };
}
