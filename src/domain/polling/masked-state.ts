import type { ItemDraft, NormalisedFeed, Unreadable } from '../items/item.ts';
import { type HiddenParts, maskText, maskUrl, maskUrlText, minSecretChars, unmaskUrl } from '../masking.ts';
import type { PollResult, PollState } from './poll.ts';

/** Restores the secrets in the addresses of a stored state. */
export function unmaskedState(state: PollState, hidden: HiddenParts | null): PollState {
  if (hidden === null) return state;
  const { movedTo, validators, history } = state;
  const { url } = validators;
  const { redirectCandidate: redirect } = history;
  return {
    ...state,
    movedTo: movedTo === null ? null : unmaskUrl(movedTo, hidden),
    validators: url === undefined ? validators : { ...validators, url: unmaskUrl(url, hidden) },
    history:
      redirect === null
        ? history
        : { ...history, redirectCandidate: { ...redirect, url: unmaskUrl(redirect.url, hidden) } },
  };
}

/** The inverse, for storing. An address that cannot be restored is not adopted. */
export function maskedPollResult(result: PollResult, hidden: HiddenParts | null): PollResult {
  if (hidden === null) return result;
  const { movedTo, detail, validators, history } = result;
  const { redirectCandidate: redirect } = history;
  const redirectUrl = redirect === null ? null : maskUrl(redirect.url, hidden);
  return {
    ...result,
    movedTo: movedTo === null ? null : maskUrl(movedTo, hidden),
    detail: detail === null ? null : maskText(detail, hidden),
    validators:
      validators?.url === undefined ? validators : { ...validators, url: maskUrlText(validators.url, hidden) },
    history: {
      ...history,
      redirectCandidate: redirect === null || redirectUrl === null ? null : { ...redirect, url: redirectUrl },
    },
  };
}

/**
 * Masks the secrets of a source's address in its document: publishers of personal feeds put the subscriber's token into
 * links. A masked link is broken, but grants no access. Keys and ids are derived from masked links too. Only the archive
 * URL, which is requested and never shown, is unmasked.
 */
export function maskedDocument(
  digest: NormalisedFeed | Unreadable,
  hidden: HiddenParts | null,
): NormalisedFeed | Unreadable {
  if (hidden === null || digest.kind === 'unreadable') return digest;
  const archiveUrl = digest.archiveUrl === null ? null : unmaskedArchiveUrl(digest.archiveUrl, hidden);
  const metadata = {
    ...digest,
    archiveUrl,
    siteUrl: digest.siteUrl === null ? null : maskUrlText(digest.siteUrl, hidden),
    selfUrl: digest.selfUrl === null ? null : maskUrlText(digest.selfUrl, hidden),
    // A hub is told its topic, and subscribers are told the hub: a source whose hub URL has a secret is polled instead.
    hubs: digest.hubs.filter((hub) => maskUrlText(hub, hidden) === hub),
  };
  const secrets = hidden.secrets.filter(({ length }) => length >= minSecretChars);
  if (secrets.length === 0) return metadata;
  const longSecrets = { ...hidden, secrets };
  return {
    ...metadata,
    feedTitle: concealOrNull(digest.feedTitle, longSecrets),
    drafts: digest.drafts.map((draft) => maskedDraft(draft, longSecrets)),
    deleted: digest.deleted.map((one) => ({ ...one, ref: maskText(one.ref, longSecrets) })),
  };
}

/** An archive URL relative to the masked address contains masks: restore the secrets, but only for the source's origin. */
function unmaskedArchiveUrl(url: string, hidden: HiddenParts): string {
  return new URL(url).origin === new URL(hidden.url).origin ? unmaskUrl(url, hidden) : url;
}

function maskedDraft(draft: ItemDraft, hidden: HiddenParts): ItemDraft {
  const address = (url: string | null): string | null => (url === null ? null : maskUrlText(url, hidden));
  return {
    ...draft,
    url: address(draft.url),
    canonicalUrl: address(draft.canonicalUrl),
    guid: concealOrNull(draft.guid, hidden),
    imageUrl: address(draft.imageUrl),
    title: maskText(draft.title, hidden),
    summary: maskText(draft.summary, hidden),
    contentHtml: maskText(draft.contentHtml, hidden),
    author: concealOrNull(draft.author, hidden),
    categories: draft.categories.map((category) => maskText(category, hidden)),
    enclosures: draft.enclosures.map((one) => ({ ...one, url: maskUrlText(one.url, hidden) })),
  };
}

function concealOrNull(text: string | null, hidden: HiddenParts): string | null {
  return text === null ? null : maskText(text, hidden);
}
