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

/** The text fields of a submitted form. */
export interface SubmittedComment {
  readonly name: string;
  readonly text: string;
}

/** Why a comment is rejected. The message is for its author. */
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
  /** The invalid field; null: none of the text fields. */
  readonly field: 'name' | 'text' | null;
  readonly message: string;
  /** Whole seconds until a retry can succeed. */
  readonly retryAfterS?: number;
}

/** A normalised comment, or why it is rejected. */
type CommentValidation =
  | { readonly kind: 'valid'; readonly name: string; readonly body: string; readonly links: number }
  | ({ readonly kind: 'invalid' } & SubmissionError);

/** Minimum age of a form: a person cannot read the page and write a comment faster. */
export const minFormAgeMs = 3000;
const maxLinks = 5;

/** Validates a comment. Only the check for duplicates is left to the store. */
export function validateComment(
  sent: SubmittedComment,
  context: { readonly form: FormTokenCheck; readonly siteTitle: string },
): CommentValidation {
  const error = formError(context.form) ?? nameError(sent.name, context.siteTitle) ?? textError(sent.text);
  if (error !== null) return { kind: 'invalid', ...error };
  const body = normaliseBody(sent.text);
  return { kind: 'valid', name: normaliseName(sent.name), body, links: countLinks(body) };
}

/** The comment of a program that filled in the honeypot, cut to the limits. It is stored, so that moderators can see it. */
export function truncateComment({ name, text }: SubmittedComment): Extract<CommentValidation, { kind: 'valid' }> {
  const cut = (whole: string, chars: number): string => [...whole].slice(0, chars).join('');
  const body = cut(normaliseBody(cut(normaliseInput(text), maxCommentChars)), maxCommentChars);
  const shortName = cut(normaliseName(cut(normaliseInput(name), maxNameChars)), maxNameChars);
  return { kind: 'valid', name: shortName, body, links: countLinks(body) };
}

/** Forged tokens are rejected earlier, with 403. */
function formError(form: FormTokenCheck): SubmissionError | null {
  if (form.kind !== 'valid') {
    const message = 'The page was open for more than a day. Check your comment and send it again.';
    return { code: 'form_expired', field: null, message };
  }
  // Negative: the clock of the issuing node is ahead.
  if (form.ageMs < 0 || form.ageMs >= minFormAgeMs) return null;
  const retryAfterS = Math.max(1, Math.ceil((minFormAgeMs - form.ageMs) / 1000));
  const message = `A comment can be sent ${minFormAgeMs / 1000} seconds after the page was opened at the earliest. Send it again.`;
  return { code: 'too_fast', field: null, message, retryAfterS };
}

function nameError(raw: string, siteTitle: string): SubmissionError | null {
  const field = 'name';
  // Checked before normalisation, which takes quadratic time for stacked combining marks.
  if (submittedChars(raw) > maxNameChars) return nameTooLong(submittedChars(raw));
  const name = normaliseName(raw);
  if (!hasVisibleText(name)) return { code: 'name_empty', field, message: 'The name is empty. Enter a name.' };
  // Normalisation can make the name longer.
  if (countCodePoints(name) > maxNameChars) return nameTooLong(countCodePoints(name));
  if (!looksLikeStaff(name, siteTitle)) return null;
  const message = 'This name could be mistaken for a member of the site staff. Choose another name.';
  return { code: 'name_like_staff', field, message };
}

function nameTooLong(chars: number): SubmissionError {
  const message = `The name is too long: it has ${chars} characters, the limit is ${maxNameChars}.`;
  return { code: 'name_too_long', field: 'name', message };
}

/** The length as the counter on the page shows it. */
function submittedChars(raw: string): number {
  return countCodePoints(normaliseInput(raw));
}

function textError(raw: string): SubmissionError | null {
  const field = 'text';
  if (submittedChars(raw) > maxCommentChars) return textTooLong(submittedChars(raw));
  const body = normaliseBody(raw);
  if (!hasVisibleText(body)) {
    return { code: 'text_empty', field, message: 'The comment is empty. Enter a text.' };
  }
  if (countCodePoints(body) > maxCommentChars) return textTooLong(countCodePoints(body));
  const links = countLinks(raw);
  if (links <= maxLinks) return null;
  const message = `The comment contains too many links: it has ${links}, the limit is ${maxLinks}.`;
  return { code: 'too_many_links', field, message };
}

function textTooLong(chars: number): SubmissionError {
  const message = `The comment is too long: it has ${chars} characters, the limit is ${maxCommentChars}.`;
  return { code: 'text_too_long', field: 'text', message };
}

/** The same text was posted before. */
export const duplicateError: SubmissionError = {
  code: 'duplicate',
  field: 'text',
  message: 'The same comment was sent within the last 24 hours. Write a different one.',
};

/** The rate limit of an address, or of all addresses together, is exceeded. */
export function rateLimitError(waitS: number): SubmissionError {
  const message = `Too many comments were sent from your network. Send your comment again in ${formatWait(waitS)}.`;
  return { code: 'rate_limited', field: null, message, retryAfterS: waitS };
}

function formatWait(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? '1 second' : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
