import type { DigestTask } from './domain/digest-task.ts';
import type { Digest, Unreadable } from './domain/item.ts';
import { normaliseFeed } from './normalise/normalise-feed.ts';
import { parseFeed } from './parse/parse-feed.ts';

/**
 * What a worker process does with one document: bytes -> parsed -> cleaned. Runs outside the server, since a hostile
 * document may take all the time and memory that it is given.
 */
export async function digestDocument(task: DigestTask): Promise<Digest | Unreadable> {
  const parsed = await parseFeed({ body: task.body, contentType: task.contentType });
  return parsed.kind === 'parsed' ? normaliseFeed(parsed.feed, task.options) : parsed;
}

// The pool takes a module's default export for its task.
export default digestDocument;
