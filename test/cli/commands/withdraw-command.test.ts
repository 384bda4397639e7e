import { beforeEach, describe, expect, it } from 'vitest';
import { type WithdrawOptions, withdraw } from '../../../src/cli/commands/withdraw-command.ts';
import { readItem } from '../../../src/store/queries/read-items.ts';
import { anItemDraft, aSource, minute, noon } from '../../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../../support/store-fixture.ts';
import { FakeIo } from '../fake-io.ts';
import { useCliDatabase } from '../use-cli-database.ts';

const clock = { now: () => noon + 10 * minute, monotonic: () => 0 };

describe('newswire withdraw', () => {
  const database = useCliDatabase({ PUBLIC_URL: 'https://news.example.com/wire' });
  let fixture: StoreFixture;

  beforeEach(async () => {
    fixture = await createStoreFixture(database.server, aSource('a', { title: 'The Quay' }));
    await fixture.open('a');
    await fixture.read('a', [
      anItemDraft('one', { canonicalUrl: 'https://example.net/one' }),
      anItemDraft('two', { title: '\u001b[31mRed\u0007 two' }),
    ]);
  });

  async function run(targets: readonly string[], options: WithdrawOptions = {}, columns: number | null = null) {
    const io = new FakeIo(database.env, columns);
    expect(await withdraw(io, targets, options, clock)).toBe(0);
    expect(io.stderr).toBe('');
    return io.stdout;
  }
  const stateOf = async (id: number) => (await readItem(database.server.reader, id))?.withdrawnMs;

  it('withdraws an item beside a running server, and shows it', async () => {
    expect(await run(['1'])).toBe(
      [
        'ID  SOURCE    TITLE         URL',
        ' 1  The Quay  Title of one  https://example.net/one',
        '',
        '1 item withdrawn from pages, feeds and search; a running server notifies live clients within a second.',
        '',
      ].join('\n'),
    );
    expect(await stateOf(1)).toBe(clock.now());
    expect((await fixture.events()).at(-1)).toMatchObject({ op: 'remove', itemId: 1 });
  });

  it.each([
    'https://news.example.com/wire/items/1',
    'http://127.0.0.1:3000/items/1',
    'https://example.net/one',
    'http://EXAMPLE.net/one?utm_source=x#top',
  ])('finds the item by %s', async (address) => {
    await run([address]);
    expect(await stateOf(1)).toBe(clock.now());
  });

  it('does not use the number in a URL of another site', async () => {
    await expect(run(['https://publisher.example.org/items/1'])).rejects.toThrow(
      'there is no item "https://publisher.example.org/items/1"; give the number at the end of its page',
    );
    expect(await stateOf(1)).toBeNull();
  });

  it('withdraws an item permanently that its feed only omitted', async () => {
    await database.server.write((tx) =>
      tx.updateTable('item').set({ withdrawn_ms: noon, withdrawal_reason: 'omitted' }).execute(),
    );
    await run(['1']);
    expect(await readItem(database.server.reader, 1)).toMatchObject({
      withdrawnMs: noon,
      withdrawalReason: 'operator',
    });
    await expect(run(['1'])).rejects.toThrow('item 1 was withdrawn');
  });

  it('withdraws nothing when one of several is unknown or already withdrawn', async () => {
    await expect(run(['1', '77', 'x'])).rejects.toThrow('there is no item "77", "x"');
    await run(['2']);
    await expect(run(['1', '2'])).rejects.toThrow('item 2 was withdrawn now; --undo restores it');
    expect(await stateOf(1)).toBeNull();
  });

  it('withdraws a repeated item once', async () => {
    expect(await run(['1', 'https://example.net/one'])).toContain('1 item withdrawn');
  });

  it('restores items with --undo, and reports items that are not withdrawn', async () => {
    await run(['1', '2']);
    expect(await run(['1', '2'], { undo: true })).toContain('2 items restored to pages, feeds and search;');
    expect([await stateOf(1), await stateOf(2)]).toEqual([null, null]);
    await expect(run(['1'], { undo: true })).rejects.toThrow('item 1 is not withdrawn');
  });

  it('removes control characters and fits the terminal', async () => {
    const out = await run(['2'], {}, 50);
    expect(out).not.toMatch(/[\u001b\u0007]/);
    expect(out.split('\n')[1]?.length).toBeLessThanOrEqual(50);
  });

  it('prints JSON with the withdrawn items and the time', async () => {
    expect(JSON.parse(await run(['1'], { json: true }))).toEqual({
      withdrawn: [
        {
          id: 1,
          url: 'https://example.net/one',
          title: 'Title of one',
          source: 'a',
          section: 'World',
          at: '2026-03-01T12:10:00.000Z',
        },
      ],
    });
    expect(JSON.parse(await run(['1'], { json: true, undo: true }))).toMatchObject({ restored: [{ id: 1 }] });
  });
});
