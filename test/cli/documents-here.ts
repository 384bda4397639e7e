import { discoverFeeds } from '../../src/parse/discover-feeds.ts';
import type { DocumentProcessor } from '../../src/server/stages/document-processor.ts';
import { describeDocument, normaliseDocument } from '../../src/worker.ts';

/** A document processor without processes: it does the same work in this process. */
export function processorHere(): DocumentProcessor & { readonly closed: () => boolean } {
  let closed = false;
  return {
    normalise: normaliseDocument,
    describe: describeDocument,
    discover: async (document) => discoverFeeds(document),
    sanitise: async (html) => ({ kind: 'cleaned', html }),
    close: async () => {
      closed = true;
    },
    closed: () => closed,
  };
}
