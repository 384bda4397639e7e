// A process that stores documents until it is done or killed. It prints the head of the log after every commit.

import { openStore } from '../../src/store/open-store.ts';
import { claimSources } from '../../src/store/sources/leases.ts';
import { anItemDraft, hour, noon } from '../support/builders.ts';
import { createStoreFixture } from '../support/store-fixture.ts';

const [url = '', documents, entries, startMs] = process.argv.slice(2);
const store = await openStore({ url, poller: true });
const fixture = await createStoreFixture(store, 'a');
let nowMs = noon + Number(startMs);
for (let document = 0; document < Number(documents); document += 1) {
  let leases = await claimSources(store, { ids: ['a'], nowMs, leaseMs: 1 });
  // A source whose polls were killed twice in a row is paused.
  while (leases.length === 0) {
    nowMs += hour;
    leases = await claimSources(store, { ids: ['a'], nowMs, leaseMs: 1 });
  }
  const drafts = Array.from({ length: Number(entries) }, (_, index) => anItemDraft(`d${document}-${index}`));
  const onBatch = (head: number) => process.stdout.write(`head ${head}\n`);
  await fixture.read('a', drafts, nowMs, {
    ...(leases[0] === undefined ? {} : { lease: leases[0] }),
    onCommit: onBatch,
  });
}
await store.close();
process.stdout.write('done\n');
