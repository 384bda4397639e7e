import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backUp, restore } from '../../src/store/backups.ts';
import { openStore } from '../../src/store/open-store.ts';
import { anItemDraft } from '../support/builders.ts';
import { contentOf, DatabaseFolder, upTo } from '../support/database-folder.ts';
import { createStoreFixture } from '../support/store-fixture.ts';

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.remove());

/** Items that fill several megabytes, so that the copy has several steps. */
const stored = 300;
const longText = (name: string): string => `<p>${name} ${'and more words '.repeat(600)}</p>`;

describe('a backup beside a server that stores items', () => {
  it('is of one instant, makes no write wait, and is restored with a dense log', async () => {
    const store = await openStore({ url: folder.url, poller: true });
    const fixture = await createStoreFixture(store, 'a');
    const items = upTo(stored).map((number) => anItemDraft(`n${number}`, { contentHtml: longText(`n${number}`) }));
    await fixture.read('a', items);

    // One commit for each megabyte that is copied: more than a server makes.
    const before: number[] = [];
    let last = stored;
    let writing: Promise<unknown> = Promise.resolve();
    const onCopied = (): void => {
      before.push(last);
      last += 1;
      const name = `n${last}`;
      writing = writing.then(() => fixture.read('a', [anItemDraft(name)]));
    };
    const result = await backUp({ url: folder.url, path: folder.at('copy'), keep: null, watch: { onCopied } });
    await writing;
    expect(before.length).toBeGreaterThan(4);
    expect(result).toMatchObject({ kind: 'written', cursor: { seq: stored } });
    expect(contentOf(folder.at('copy'))).toMatchObject({ items: stored, seqs: upTo(stored), integrity: 'ok' });
    await store.close();
    expect(contentOf(folder.file)).toMatchObject({ items: last, seqs: upTo(last) });

    expect(await restore({ url: folder.url, path: folder.at('copy') })).toMatchObject({ kind: 'restored' });
    const again = await openStore({ url: folder.url, poller: true });
    const more = await createStoreFixture(again, 'a');
    await more.read('a', [anItemDraft('after the restore')]);
    await again.close();
    expect(contentOf(folder.file)).toMatchObject({ items: stored + 1, seqs: upTo(stored + 1), integrity: 'ok' });
  });
});
