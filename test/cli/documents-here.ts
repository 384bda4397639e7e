import { discoverFeeds } from '../../src/parse/discover-feeds.ts';
import type { DocumentProcessor } from '../../src/server/stages/document-processor.ts';
import { describeDocument, normaliseDocument } from '../../src/worker.ts';

/** A digester without processes: what it does is the same, and it does it at once. */
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
