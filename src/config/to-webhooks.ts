import { everything } from '../domain/events/filter.ts';
import type { Webhook } from '../domain/events/webhook.ts';
import { slug } from '../domain/slug.ts';
import type { WebhookEntry } from './files/file-declarations.ts';
import { nameReferences } from './files/references.ts';
import { type ProblemList, quote } from './problems/problem-list.ts';
import { hiddenParts } from './secret-parts.ts';

const maxIdChars = 80;

/**
 * The webhooks of all files. An undeclared id is derived from host and path, with the names of variables instead of their
 * values. The delivery state is stored under the id, so equal ids are an error and not numbered.
 */
export async function toWebhooks(
  entries: readonly WebhookEntry[],
  feedsDir: string,
  problems: ProblemList,
): Promise<readonly Webhook[]> {
  const taken = new Map<string, string>();
  for (const entry of entries) {
    const { id } = idsOf(entry);
    const first = taken.get(id);
    if (first !== undefined) {
      const what = `the webhook's id ${quote(id)} is already used at ${first}`;
      problems.add({ where: entry.where, what, remedy: 'Give each webhook a unique id' });
    }
    taken.set(id, entry.where);
  }
  return Promise.all(entries.map(async (entry) => await toWebhook(entry, feedsDir)));
}

async function toWebhook(entry: WebhookEntry, feedsDir: string): Promise<Webhook> {
  const { fields, urlReferences, where } = entry;
  const { url, secret, filter } = fields;
  // The id is derived in idsOf.
  const { hidden } = await hiddenParts({ url, idText: '' }, urlReferences, feedsDir);
  return { ...idsOf(entry), url, hidden, secrets: secret, filter: filter ?? everything, declaredAt: where };
}

function idsOf({ fields, rawUrl, urlReferences }: WebhookEntry): Pick<Webhook, 'id' | 'formerId'> {
  if (typeof fields.id === 'string') return { id: fields.id, formerId: null };
  const { host, pathname } = new URL(fields.url);
  const resolved = idOf(host, pathname);
  if (urlReferences.secrets.length === 0) return { id: resolved, formerId: null };
  const id = idOf(host, pathWithNames(rawUrl));
  return { id, formerId: id === resolved ? null : resolved };
}

/** The path as written, with the names of variables; the whole URL if a variable contains its host. */
function pathWithNames(rawUrl: string): string {
  const path = nameReferences(rawUrl).replace(/^[^:/?#]+:\/\/[^/?#]*/, '');
  return `/${path.replace(/[?#].*$/s, '')}`;
}

function idOf(host: string, path: string): string {
  return [...slug(`${host}${path}`)].slice(0, maxIdChars).join('').replace(/-+$/, '');
}
