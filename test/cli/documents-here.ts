import { discoverFeeds } from '../../src/parse/discover.ts';
import type { Digester } from '../../src/server/document-processor.ts';
import { describeDocument, digestDocument } from '../../src/worker.ts';

/** A digester without processes: what it does is the same, and it does it at once. */
export function digesterHere(): Digester & { readonly closed: () => boolean } {
  let closed = false;
  return {
    digest: digestDocument,
    describe: describeDocument,
    discover: async (document) => discoverFeeds(document),
    clean: async (html) => ({ kind: 'cleaned', html }),
    close: async () => {
      closed = true;
    },
    closed: () => closed,
  };
}
