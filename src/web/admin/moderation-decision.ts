import {
  type CommentAction,
  type CommentState,
  commentActions,
  commentStates,
  type ModerationResult,
} from '../../domain/comments/comment.ts';
import type { FormFields } from '../http/security/read-form.ts';
import { badRequest } from '../shared/request-error.ts';

/** Most comments that are decided about at once. */
const maxIds = 500;

/** What a moderator's form asks for. */
export interface DecisionForm {
  readonly action: CommentAction;
  readonly ids: readonly number[];
}

/**
 * Reads what was decided: `one` is `approve 12`, of a comment's own button; else `action` for every `id`.
 *
 * @throws RequestError 400 when it is nothing that our form says.
 */
export function parseDecision(values: FormFields): DecisionForm {
  const [one] = values('one');
  const [action = '', ...ids] = one === undefined ? [values('action')[0], ...values('id')] : one.split(' ');
  const known = commentActions.find((name) => name === action);
  const numbers = ids.map((id) => (/^[1-9]\d{0,14}$/.test(id ?? '') ? Number(id) : 0));
  if (known === undefined || numbers.length > maxIds || numbers.includes(0)) {
    throw badRequest('bad_decision', 'That is nothing that can be decided about comments.');
  }
  return { action: known, ids: [...new Set(numbers)] };
}

/** The list that a page shows: one state's, or null for all. Null in text is `all`. */
export function parseStateFilter(text: string | undefined): CommentState | null {
  if (text === 'all') return null;
  return commentStates.find((state) => state === text) ?? 'pending';
}

/** What was just done, as it stands in the address of the next page. */
export interface AppliedDecision {
  readonly action: CommentAction;
  readonly ids: readonly number[];
}

/** For the address: `approve.12.13`. */
export function formatApplied(action: CommentAction, changed: readonly ModerationResult[]): string {
  return [action, ...changed.map(({ id }) => id)].join('.');
}

/** Reads it back; null: nothing was done, or the address was made up. */
export function parseApplied(text: string | undefined): AppliedDecision | null {
  const [action, ...ids] = (text ?? '').split('.');
  const known = commentActions.find((name) => name === action);
  const numbers = ids.map(Number);
  const fine = numbers.length <= maxIds && numbers.every((id) => Number.isSafeInteger(id) && id > 0);
  return known === undefined || !fine ? null : { action: known, ids: numbers };
}
