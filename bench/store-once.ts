import type { Digest } from '../src/domain/item.ts';
import { blankMemory, type Settlement } from '../src/domain/poll.ts';
import type { Source } from '../src/domain/source.ts';
import { declareSources } from '../src/store/declare.ts';
import { storeDigest } from '../src/store/items.ts';
import { claimSources } from '../src/store/leases.ts';
import { openStore } from '../src/store/open.ts';

const source: Source = {
  id: 'bench',
  idDeclared: true,
  url: 'https://www.example.org/rss.xml',
  title: null,
  section: 'World',
  intervalMs: null,
  language: null,
  headers: {},
  keep: null,
  drop: null,
  limit: 500,
  republish: 'full',
  trust: { dates: true, ids: true },
  declarationHash: 'bench',
  declaredAt: 'bench',
};

const settlement: Settlement = {
  outcome: 'fresh',
  failure: null,
  detail: null,
  facts: { status: 200, bytes: 1, durationMs: 1, redirects: 0, notes: [] },
  validators: null,
  bodyHash: null,
  nextCheckMs: Number.MAX_SAFE_INTEGER,
  nextCheckWhy: 'never',
  failures: 0,
  firstFailedMs: null,
  goneMs: null,
  movedTo: null,
  hostPauseMs: null,
  memory: blankMemory,
};

/** Stores one digest in a new database. */
export async function storeOnce(file: string, digest: Digest): Promise<void> {
  const nowMs = 1_790_000_000_000;
  const store = await openStore({ url: `sqlite:${file}`, poller: true });
  try {
    await declareSources(store, { sources: [source] }, nowMs);
    const [lease] = await claimSources(store, { ids: ['bench'], nowMs, leaseMs: 90_000 });
    if (lease === undefined) throw new Error('the source could not be claimed');
    await storeDigest(store, {
      source,
      lease,
      digest,
      firstRead: true,
      nowMs,
      siteUrl: null,
      settle: () => settlement,
    });
  } finally {
    await store.close();
  }
}
