import { beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/cli/program.ts';
import { withdrawItem } from '../../../src/store/items/withdraw-items.ts';
import { addComment } from '../../../src/store/readers/comment-repository.ts';
import { anItemDraft, noon } from '../../support/builders.ts';
import { readAudit } from '../../support/read-audit.ts';
import { createStoreFixture } from '../../support/store-fixture.ts';
import { FakeIo } from '../fake-io.ts';
import { useCliDatabase } from '../use-cli-database.ts';

describe('newswire comments', () => {
  const database = useCliDatabase({ USER: 'ann' });

  beforeEach(async () => {
    const fixture = await createStoreFixture(database.server, 'a');
    await fixture.read('a', [anItemDraft('one')]);
    for (const [index, body] of ['First', 'Second \u001b[31mred\u001b]8;;http://x\u0007', 'Third'].entries()) {
      await addComment(database.server, {
        ...{ itemId: 1, name: 'Bo', body, atMs: noon + index, authorKey: null, mayRecur: false },
        ...{ postKey: body, textHash: body },
        decide: () => ({ state: 'pending', reason: index === 2 ? 'holds 3 links' : null }),
      });
    }
  });

  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const io = new FakeIo(database.env, null);
    const code = await runCommand(['comments', ...args], io);
    return { code, out: io.stdout, err: io.stderr };
  }

  it('lists pending comments, newest first, without control characters', async () => {
    const { code, out } = await run();
    const lines = out.split('\n');
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^ID {2}STATE {4}SENT +NAME {2}COMMENT +ITEM +NOTE$/);
    expect(lines[1]).toMatch(/^ 3 {2}pending .* Third .* 1 Title of one {2}holds 3 links$/);
    expect(lines[3]).toMatch(/^ 1 {2}pending .* First /);
    expect(out).not.toMatch(/[\u001b\u0007]/);
    expect(out).toContain('3 pending, 0 approved, 0 rejected, 0 spam.');
  });

  it('approves comments and undoes decisions, and records who decided', async () => {
    expect((await run('approve', '1', '3')).out).toBe(
      'Comment 1: pending -> approved\nComment 3: pending -> approved\n',
    );
    expect((await run('spam', '1')).code).toBe(0);
    expect((await run('undo', '1')).out).toBe('Comment 1: spam -> approved\n');
    expect((await run('reject', '2')).out).toBe('Comment 2: pending -> rejected\n');
    expect((await readAudit(database.server.reader, 1)).map(({ actor, action, to }) => [actor, action, to])).toEqual([
      ['cli:ann', 'approve', 'approved'],
      ['cli:ann', 'spam', 'spam'],
      ['cli:ann', 'undo', 'approved'],
    ]);
  });

  it('reports unchanged comments', async () => {
    await run('approve', '1');
    expect((await run('approve', '1', '2')).out).toBe('Comment 2: pending -> approved\nUnchanged: 1\n');
  });

  it('prints all fields as JSON', async () => {
    await run('approve', '3');
    await withdrawItem(database.server, 1, noon);
    const { counts, comments } = JSON.parse((await run('list', '--state', 'approved', '--json')).out);
    expect(counts).toEqual({ pending: 2, approved: 1, rejected: 0, spam: 0 });
    expect(comments).toEqual([
      {
        ...{ id: 3, name: 'Bo', text: 'Third', state: 'approved', reason: 'holds 3 links', moderatedBy: 'cli:ann' },
        item: { id: 1, title: 'Title of one', withdrawn: true },
        ...{ at: new Date(noon + 2).toISOString(), moderatedAt: expect.any(String) },
      },
    ]);
    expect(JSON.parse((await run('reject', '3', '3', '2', '--json')).out)).toEqual({
      action: 'reject',
      changed: [
        { id: 2, from: 'pending', to: 'rejected' },
        { id: 3, from: 'approved', to: 'rejected' },
      ],
      unchanged: [],
    });
  });

  it('lists every state, and reports that nothing is pending', async () => {
    await run('spam', '1', '2', '3');
    expect((await run()).out).toBe('0 pending, 0 approved, 0 rejected, 3 spam.\n');
    expect((await run('list', '--state', 'all', '--limit', '2')).out.split('\n')).toHaveLength(6);
  });

  it.each([
    [['approve', '1', '99'], 1, 'unknown comment 99'],
    [['approve', 'x'], 1, 'not a comment number'],
    [['approve'], 2, 'missing required argument'],
    [['list', '--state', 'x'], 2, 'pending, approved'],
    [['nope'], 2, ''],
  ])('refuses %j', async (args, wanted, words) => {
    const { code, err } = await run(...args);
    expect(code).toBe(wanted);
    expect(err).toContain(words);
    expect(await readAudit(database.server.reader, 1)).toEqual([]);
  });
});
