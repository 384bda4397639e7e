import { everything } from '../domain/events/filter.ts';
import type { Webhook } from '../domain/events/webhook.ts';
import { slug } from '../domain/slug.ts';
import type { WebhookEntry } from './files/file-declarations.ts';
import { nameReferences } from './files/references.ts';
import { type ProblemList, quote } from './problems/problem-list.ts';
import { hiddenParts } from './secret-parts.ts';

const maxIdChars = 80;

/**
 * The webhooks of all files. An undeclared id is made of host and path, with the names of variables in place of what
 * they hold, and what was delivered is remembered under it: two that would share one have to be told apart by hand.
 */
export async function toWebhooks(
  entries: readonly WebhookEntry[],
  feedsDir: string,
  problems: ProblemList,
): Promise<readonly Webhook[]> {
  const taken = new Map<string, string>();
  for (const entry of entries) {
    const { id } = namesOf(entry);
    const first = taken.get(id);
    if (first !== undefined) {
      const what = `the webhook's id ${quote(id)} is taken by ${first}`;
      problems.add({ where: entry.where, what, remedy: 'Give each webhook an id of its own' });
    }
    taken.set(id, entry.where);
  }
  return Promise.all(entries.map(async (entry) => await toWebhook(entry, feedsDir)));
}

async function toWebhook(entry: WebhookEntry, feedsDir: string): Promise<Webhook> {
  const { fields, urlReferences, where } = entry;
  const { url, secret, filter } = fields;
  // Its id is made elsewhere.
  const { hidden } = await hiddenParts({ url, idText: '' }, urlReferences, feedsDir);
  return { ...namesOf(entry), url, hidden, secrets: secret, filter: filter ?? everything, declaredAt: where };
}

function namesOf({ fields, writtenUrl, urlReferences }: WebhookEntry): Pick<Webhook, 'id' | 'formerId'> {
  if (typeof fields.id === 'string') return { id: fields.id, formerId: null };
  const { host, pathname } = new URL(fields.url);
  const whole = idOf(host, pathname);
  if (urlReferences.secrets.length === 0) return { id: whole, formerId: null };
  const id = idOf(host, namedPath(writtenUrl));
  return { id, formerId: id === whole ? null : whole };
}

/** The path as it is written, with the names of variables; all of the address where one of them stands for its host. */
function namedPath(writtenUrl: string): string {
  const path = nameReferences(writtenUrl).replace(/^[^:/?#]+:\/\/[^/?#]*/, '');
  return `/${path.replace(/[?#].*$/s, '')}`;
}

function idOf(host: string, path: string): string {
  return [...slug(`${host}${path}`)].slice(0, maxIdChars).join('').replace(/-+$/, '');
}
