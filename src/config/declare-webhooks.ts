import { everything } from '../domain/filter.ts';
import { slug } from '../domain/source.ts';
import type { Webhook } from '../domain/webhook.ts';
import type { WebhookEntry } from './file-part.ts';
import { type ProblemList, quote } from './problem-list.ts';

const maxIdChars = 80;

/**
 * The webhooks of all files. An undeclared id is made of host and path, and what was delivered is remembered under it:
 * two that would share one have to be told apart by hand.
 */
export function declareWebhooks(entries: readonly WebhookEntry[], problems: ProblemList): readonly Webhook[] {
  const taken = new Map<string, string>();
  return entries.map(({ fields, where }) => {
    const id = fields.id ?? idOf(fields.url);
    const first = taken.get(id);
    if (first !== undefined) {
      const what = `the webhook's id ${quote(id)} is taken by ${first}`;
      problems.add({ where, what, remedy: 'Give each webhook an id of its own' });
    }
    taken.set(id, where);
    return { id, url: fields.url, secrets: fields.secret, filter: fields.filter ?? everything, declaredAt: where };
  });
}

function idOf(url: string): string {
  const { host, pathname } = new URL(url);
  return [...slug(`${host}${pathname}`)].slice(0, maxIdChars).join('').replace(/-+$/, '');
}
