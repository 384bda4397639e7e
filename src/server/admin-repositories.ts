import { randomBytes } from 'node:crypto';
import type { Store } from '../store/engine/store.ts';
import { countComments, readComments } from '../store/readers/comment-repository.ts';
import { moderateComments } from '../store/readers/moderate-comments.ts';
import { getOrCreateSetting, writeSetting } from '../store/stored-settings.ts';
import type { AdminPort } from '../web/shared/admin-port.ts';

/**
 * Connects the admin pages to the store.
 *
 * @param token the value of ADMIN_TOKEN; null: it is not set.
 * @returns null: the admin pages are off.
 */
export async function createAdmin(store: Store, token: string | null): Promise<AdminPort | null> {
  if (token === null) return null;
  return {
    token,
    signingSecret: await getOrCreateSetting(store, 'admin-secret', randomText),
    sessionGeneration: () => getOrCreateSetting(store, 'admin-generation', randomText),
    endSessions: () => store.write((tx) => writeSetting(tx, 'admin-generation', randomText())),
    comments: {
      list: (query) => readComments(store.reader, query),
      countByState: () => countComments(store.reader),
      moderate: (decision) => moderateComments(store, decision),
    },
  };
}

function randomText(): string {
  return randomBytes(32).toString('base64url');
}
