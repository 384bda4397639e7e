import type { ItemDraft, NormalisedFeed, Unreadable } from '../items/item.ts';
import { type HiddenParts, maskText, maskUrl, maskUrlText, minSecretChars, unmaskUrl } from './masking.ts';
import type { PollResult, PollState } from './poll.ts';

/** The addresses of a source's state as they are asked. */
export function unmaskedState(state: PollState, hidden: HiddenParts | null): PollState {
  if (hidden === null) return state;
  const { movedTo, validators, memory } = state;
  const { url } = validators;
  const { redirect } = memory;
  return {
    ...state,
    movedTo: movedTo === null ? null : unmaskUrl(movedTo, hidden),
    validators: url === undefined ? validators : { ...validators, url: unmaskUrl(url, hidden) },
    memory: redirect === null ? memory : { ...memory, redirect: { ...redirect, url: unmaskUrl(redirect.url, hidden) } },
  };
}

/** The inverse, for what is stored. An address that could not be made out again is not adopted. */
export function maskedPollResult(settlement: PollResult, hidden: HiddenParts | null): PollResult {
  if (hidden === null) return settlement;
  const { movedTo, detail, validators, memory } = settlement;
  const { redirect } = memory;
  const redirectUrl = redirect === null ? null : maskUrl(redirect.url, hidden);
  return {
    ...settlement,
    movedTo: movedTo === null ? null : maskUrl(movedTo, hidden),
    detail: detail === null ? null : maskText(detail, hidden),
    validators:
      validators?.url === undefined ? validators : { ...validators, url: maskUrlText(validators.url, hidden) },
    memory: {
      ...memory,
      redirect: redirect === null || redirectUrl === null ? null : { ...redirect, url: redirectUrl },
    },
  };
}

/**
 * What a document says, without the secrets of its address: publishers put the token of a reader into the links of
 * the feed that they make for him. Such a link leads nowhere then, and nobody is let in by it. Keys and ids are made of
 * such links too. Only the archive, which nobody is shown, is an address to be asked.
 */
export function maskedDocument(
  digest: NormalisedFeed | Unreadable,
  hidden: HiddenParts | null,
): NormalisedFeed | Unreadable {
  if (hidden === null || digest.kind === 'unreadable') return digest;
  const archiveUrl = digest.archiveUrl === null ? null : archiveOf(digest.archiveUrl, hidden);
  const secrets = hidden.secrets.filter(({ length }) => length >= minSecretChars);
  if (secrets.length === 0) return { ...digest, archiveUrl };
  const echoes = { ...hidden, secrets };
  return {
    ...digest,
    archiveUrl,
    feedTitle: concealOrNull(digest.feedTitle, echoes),
    drafts: digest.drafts.map((draft) => concealedDraft(draft, echoes)),
    deleted: digest.deleted.map((one) => ({ ...one, ref: maskText(one.ref, echoes) })),
  };
}

/** Made of the document's address as it is shown, when it was named as a place beside it. Others are told nothing. */
function archiveOf(url: string, hidden: HiddenParts): string {
  return new URL(url).origin === new URL(hidden.url).origin ? unmaskUrl(url, hidden) : url;
}

function concealedDraft(draft: ItemDraft, hidden: HiddenParts): ItemDraft {
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
