import { maxCommentChars, maxNameChars } from '../../domain/comments/comment.ts';
import {
  countCodePoints,
  countLinks,
  hasVisibleText,
  normaliseBody,
  normaliseInput,
  normaliseName,
} from '../../domain/comments/comment-text.ts';
import { looksLikeStaff } from '../../domain/comments/staff-names.ts';
import type { FormTokenCheck } from '../readers/comment-form-token.ts';

/** What a reader sent. */
export interface SubmittedComment {
  readonly name: string;
  readonly text: string;
}

/** Why a comment was not taken. The message is for its writer. */
export interface SubmissionError {
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
export type CommentValidation =
  | { readonly kind: 'fit'; readonly name: string; readonly body: string; readonly links: number }
  | ({ readonly kind: 'refused' } & SubmissionError);

/** From giving out a form to taking it back: nobody reads and writes faster. */
export const minFormAgeMs = 3000;
const maxLinks = 5;

/** Judges what a reader sent, all but what the store has to say. */
export function validateComment(
  sent: SubmittedComment,
  of: { readonly form: FormTokenCheck; readonly siteTitle: string },
): CommentValidation {
  const refusal = formError(of.form) ?? nameError(sent.name, of.siteTitle) ?? textError(sent.text);
  if (refusal !== null) return { kind: 'refused', ...refusal };
  const body = normaliseBody(sent.text);
  return { kind: 'fit', name: normaliseName(sent.name), body, links: countLinks(body) };
}

/** What a program sent that walked into the trap, cut to what can be stored: moderators may want to see it. */
export function truncateComment({ name, text }: SubmittedComment): Extract<CommentValidation, { kind: 'fit' }> {
  const cut = (whole: string, chars: number): string => [...whole].slice(0, chars).join('');
  const body = cut(normaliseBody(cut(normaliseInput(text), maxCommentChars)), maxCommentChars);
  const shortName = cut(normaliseName(cut(normaliseInput(name), maxNameChars)), maxNameChars);
  return { kind: 'fit', name: shortName, body, links: countLinks(body) };
}

/** A form that was forged is no refusal: it is not answered at all. */
function formError(form: FormTokenCheck): SubmissionError | null {
  if (form.kind !== 'good') {
    const message = 'This page was open for more than a day. Please look over your comment and send it again.';
    return { code: 'form_expired', field: null, message };
  }
  // Less than nothing: given out by a node whose clock is ahead.
  if (form.ageMs < 0 || form.ageMs >= minFormAgeMs) return null;
  const retryAfterS = Math.max(1, Math.ceil((minFormAgeMs - form.ageMs) / 1000));
  const message = `That was too fast: a comment can be sent ${minFormAgeMs / 1000} seconds after the page was opened. Please send it again.`;
  return { code: 'too_fast', field: null, message, retryAfterS };
}

function nameError(raw: string, siteTitle: string): SubmissionError | null {
  const field = 'name';
  // Before it is tidied: normalising marks that are stacked takes the square of their number.
  if (submittedChars(raw) > maxNameChars) return nameTooLong(submittedChars(raw));
  const name = normaliseName(raw);
  if (!hasVisibleText(name)) return { code: 'name_empty', field, message: 'The name is empty. Please write one.' };
  // Normalisation may make it longer.
  if (countCodePoints(name) > maxNameChars) return nameTooLong(countCodePoints(name));
  if (!looksLikeStaff(name, siteTitle)) return null;
  const message = 'That name could be taken for somebody who speaks for this site. Please choose another.';
  return { code: 'name_like_staff', field, message };
}

function nameTooLong(chars: number): SubmissionError {
  const message = `The name is too long: it has ${chars} characters, and ${maxNameChars} are allowed.`;
  return { code: 'name_too_long', field: 'name', message };
}

/** As the writer sees it on the page. */
function submittedChars(raw: string): number {
  return countCodePoints(normaliseInput(raw));
}

function textError(raw: string): SubmissionError | null {
  const field = 'text';
  if (submittedChars(raw) > maxCommentChars) return textTooLong(submittedChars(raw));
  const body = normaliseBody(raw);
  if (!hasVisibleText(body)) {
    return { code: 'text_empty', field, message: 'The comment is empty. Please write something.' };
  }
  if (countCodePoints(body) > maxCommentChars) return textTooLong(countCodePoints(body));
  const links = countLinks(raw);
  if (links <= maxLinks) return null;
  const message = `The comment holds too many links: it has ${links}, and ${maxLinks} are allowed.`;
  return { code: 'too_many_links', field, message };
}

function textTooLong(chars: number): SubmissionError {
  const message = `The comment is too long: it has ${chars} characters, and ${maxCommentChars} are allowed.`;
  return { code: 'text_too_long', field: 'text', message };
}

/** The same text stands there already. */
export const duplicateError: SubmissionError = {
  code: 'duplicate',
  field: 'text',
  message: 'The same comment was sent within the last 24 hours. Please write something else.',
};

/** Too much came from one address, or from all together. */
export function rateLimitError(waitS: number): SubmissionError {
  const message = `Too many comments came from your network. Please send yours again in ${formatWait(waitS)}.`;
  return { code: 'rate_limited', field: null, message, retryAfterS: waitS };
}

function formatWait(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? '1 second' : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
