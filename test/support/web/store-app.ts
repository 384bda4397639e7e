import type { IncomingMessage } from 'node:http';
import type { Site } from '../../../src/domain/polling/source.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { createShutdown } from '../../../src/runtime/shutdown.ts';
import { createAdmin } from '../../../src/server/admin-repositories.ts';
import { createReaders } from '../../../src/server/reader-repositories.ts';
import { createWebReads } from '../../../src/server/web-reads.ts';
import type { Store } from '../../../src/store/engine/store.ts';
import { readItemByKey } from '../../../src/store/queries/read-items.ts';
import { runQueriesInProcess } from '../../../src/store/query-process/query-runner.ts';
import type { App } from '../../../src/web/app.ts';
import type { AppContext } from '../../../src/web/shared/app-context.ts';
import { createClientAddress } from '../../../src/web/shared/client-address.ts';
import { defaultEngine, withStore } from '../../contract/test-engines.ts';
import { anItemDraft, noon } from '../builders.ts';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';
import { createStoreFixture, type StoreFixture } from '../store-fixture.ts';
import { makeApp, site } from './test-app.ts';

/** The User-Agent of a desktop browser. */
export const browserAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const origin = 'https://news.example.com';

/** A request of a test. Absent fields are those of a browser at 192.0.2.1. */
export interface TestRequest {
  readonly method?: string;
  /** An empty value removes the default header. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields of a form. */
  readonly form?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly address?: string;
}

/** The app over a real store with one item, `one`, that was stored at noon. */
export interface StoreApp {
  readonly store: Store;
  readonly fixture: StoreFixture;
  readonly clock: FakeClock;
  readonly item: number;
  readonly app: App;
  /** The routes of the app. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
  request(path: string, asking?: TestRequest): Promise<Response>;
  /** Counts the recorded visits. */
  flush(): Promise<void>;
}

/** Runs a test with an app and a store of its own. */
export async function withStoreApp(
  over: { readonly site?: Partial<Site>; readonly parts?: Partial<AppContext>; readonly adminToken?: string | null },
  work: (app: StoreApp) => Promise<void>,
): Promise<void> {
  await withStore(defaultEngine, async (store) => {
    const fixture = await createStoreFixture(store, 'a');
    await fixture.read('a', [anItemDraft('one')]);
    const item = await readItemByKey(store.reader, 'http://example.net/one');
    const clock = createFakeClock(noon);
    const shutdown = createShutdown(silentLog);
    const queries = runQueriesInProcess(store);
    const readers = await createReaders({ queries, store, clock, log: silentLog, shutdown });
    const { app } = makeApp([], {
      reads: createWebReads(store),
      readers,
      admin: await createAdmin(store, over.adminToken ?? null),
      clock,
      publicUrl: origin,
      site: () => ({ ...site, comments: 'moderated', ...over.site }),
      clientAddress: createClientAddress(['10.0.0.0/8']),
      ...over.parts,
    });
    await work({
      store,
      fixture,
      clock,
      item: item?.id ?? 0,
      app,
      routes: app.routes,
      request: async (path, asking = {}) =>
        app.request(path, requestOf(asking), { incoming: incomingOf(path, asking) }),
      flush: () => shutdown.stop(),
    });
    await shutdown.stop();
  });
}

function requestOf({ method, headers = {}, form }: TestRequest): RequestInit {
  const usual = {
    'user-agent': browserAgent,
    ...(form === undefined ? {} : { origin, 'sec-fetch-site': 'same-origin' }),
  };
  const all = Object.entries({ ...usual, ...headers }).filter(([, value]) => value !== '');
  const init = { headers: Object.fromEntries(all) };
  if (form === undefined) return { method: method ?? 'GET', ...init };
  const pairs = Array.isArray(form) ? form : Object.entries(form);
  return { method: method ?? 'POST', ...init, body: new URLSearchParams(pairs as [string, string][]) };
}

function incomingOf(
  path: string,
  { address = '192.0.2.1', headers = {}, method, form }: TestRequest,
): Partial<IncomingMessage> {
  return {
    method: method ?? (form === undefined ? 'GET' : 'POST'),
    url: path,
    socket: { remoteAddress: address },
    headers: { 'user-agent': browserAgent, ...headers },
  } as unknown as IncomingMessage;
}
