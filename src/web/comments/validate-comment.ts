import { maxCommentChars, maxNameChars } from '../../domain/comments/comment.ts';
import { countChars, countLinks, isVisible, measured, tidyBody, tidyName } from '../../domain/comments/comment-text.ts';
import { looksLikeStaff } from '../../domain/comments/confusables.ts';
import type { FormAge } from './form-token.ts';

/** What a reader sent. */
export interface SentComment {
  readonly name: string;
  readonly text: string;
}

/** Why a comment was not taken. The message is for its writer. */
export interface Refusal {
  readonly code:
    | 'form_expired'
    | 'too_fast'
    | 'name_empty'
    | 'name_too_long'
    | 'name_like_staff'
    | 'text_empty'
    | 'text_too_long'
    | 'too_many_links'
    | 'duplicate'
    | 'rate_limited';
  /** The field it is about; null: none of them. */
  readonly field: 'name' | 'text' | null;
  readonly message: string;
  /** Whole seconds after which it may be tried again. */
  readonly retryAfterS?: number;
}

/** A comment fit to be stored, or why not. */
export type Verdict =
  | { readonly kind: 'fit'; readonly name: string; readonly body: string; readonly links: number }
  | ({ readonly kind: 'refused' } & Refusal);

/** From giving out a form to taking it back: nobody reads and writes faster. */
export const minAgeMs = 3000;
const maxLinks = 5;

/** Judges what a reader sent, all but what the store has to say. */
export function judgeComment(sent: SentComment, of: { readonly form: FormAge; readonly siteTitle: string }): Verdict {
  const refusal = refusalOfForm(of.form) ?? refusalOfName(sent.name, of.siteTitle) ?? refusalOfText(sent.text);
  if (refusal !== null) return { kind: 'refused', ...refusal };
  const body = tidyBody(sent.text);
  return { kind: 'fit', name: tidyName(sent.name), body, links: countLinks(body) };
}

/** What a program sent that walked into the trap, cut to what can be stored: moderators may want to see it. */
export function keepAsItIs({ name, text }: SentComment): Extract<Verdict, { kind: 'fit' }> {
  const cut = (whole: string, chars: number): string => [...whole].slice(0, chars).join('');
  const body = cut(tidyBody(cut(measured(text), maxCommentChars)), maxCommentChars);
  const shortName = cut(tidyName(cut(measured(name), maxNameChars)), maxNameChars);
  return { kind: 'fit', name: shortName, body, links: countLinks(body) };
}

/** A form that was forged is no refusal: it is not answered at all. */
function refusalOfForm(form: FormAge): Refusal | null {
  if (form.kind !== 'good') {
    const message = 'This page was open for more than a day. Please look over your comment and send it again.';
    return { code: 'form_expired', field: null, message };
  }
  // Less than nothing: given out by a node whose clock is ahead.
  if (form.ageMs < 0 || form.ageMs >= minAgeMs) return null;
  const retryAfterS = Math.max(1, Math.ceil((minAgeMs - form.ageMs) / 1000));
  const message = `That was too fast: a comment can be sent ${minAgeMs / 1000} seconds after the page was opened. Please send it again.`;
  return { code: 'too_fast', field: null, message, retryAfterS };
}

function refusalOfName(raw: string, siteTitle: string): Refusal | null {
  const field = 'name';
  // Before it is tidied: normalising marks that are stacked takes the square of their number.
  if (charsSent(raw) > maxNameChars) return nameTooLong(charsSent(raw));
  const name = tidyName(raw);
  if (!isVisible(name)) return { code: 'name_empty', field, message: 'The name is empty. Please write one.' };
  // Normalisation may make it longer.
  if (countChars(name) > maxNameChars) return nameTooLong(countChars(name));
  if (!looksLikeStaff(name, siteTitle)) return null;
  const message = 'That name could be taken for somebody who speaks for this site. Please choose another.';
  return { code: 'name_like_staff', field, message };
}

function nameTooLong(chars: number): Refusal {
  const message = `The name is too long: it has ${chars} characters, and ${maxNameChars} are allowed.`;
  return { code: 'name_too_long', field: 'name', message };
}

/** As the writer sees it on the page. */
function charsSent(raw: string): number {
  return countChars(measured(raw));
}

function refusalOfText(raw: string): Refusal | null {
  const field = 'text';
  if (charsSent(raw) > maxCommentChars) return textTooLong(charsSent(raw));
  const body = tidyBody(raw);
  if (!isVisible(body)) {
    return { code: 'text_empty', field, message: 'The comment is empty. Please write something.' };
  }
  if (countChars(body) > maxCommentChars) return textTooLong(countChars(body));
  const links = countLinks(raw);
  if (links <= maxLinks) return null;
  const message = `The comment holds too many links: it has ${links}, and ${maxLinks} are allowed.`;
  return { code: 'too_many_links', field, message };
}

function textTooLong(chars: number): Refusal {
  const message = `The comment is too long: it has ${chars} characters, and ${maxCommentChars} are allowed.`;
  return { code: 'text_too_long', field: 'text', message };
}

/** The same text stands there already. */
export const duplicate: Refusal = {
  code: 'duplicate',
  field: 'text',
  message: 'The same comment was sent within the last 24 hours. Please write something else.',
};

/** Too much came from one address, or from all together. */
export function rateLimited(waitS: number): Refusal {
  const message = `Too many comments came from your network. Please send yours again in ${inWords(waitS)}.`;
  return { code: 'rate_limited', field: null, message, retryAfterS: waitS };
}

function inWords(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? '1 second' : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
