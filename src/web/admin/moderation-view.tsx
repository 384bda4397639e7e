import type { CommentAction, CommentState, ModerationEntry } from '../../domain/comments/comment.ts';
import { CommentText } from '../views/comments-view.tsx';
import { Time } from '../views/items/item-parts.tsx';
import type { PageContext } from '../views/layout/page-context.ts';

/** What the moderators' page shows. */
export interface ModerationProps {
  /** Newest first. */
  readonly comments: readonly ModerationEntry[];
  /** Where the next page begins; null on the last. */
  readonly next: number | null;
  readonly counts: Readonly<Record<CommentState, number>>;
  readonly states: readonly CommentState[];
  /** The state that is listed; null: all. */
  readonly state: CommentState | null;
  /** What was decided just now; null: nothing. */
  readonly applied: { readonly action: CommentAction; readonly ids: readonly number[] } | null;
  readonly csrfToken: string;
  /** Path of the admin side. */
  readonly admin: string;
  readonly frame: PageContext;
}

const stateLabels: Readonly<Record<CommentState, string>> = {
  pending: 'Pending',
  approved: 'Approved',
  rejected: 'Rejected',
  spam: 'Spam',
};

const actionLabels: Readonly<Record<CommentAction, string>> = {
  approve: 'Approve',
  reject: 'Reject',
  spam: 'Spam',
  undo: 'Undo',
};

const pastTense: Readonly<Record<CommentAction, string>> = {
  approve: 'approved',
  reject: 'rejected',
  spam: 'marked as spam',
  undo: 'moved back',
};

const resultingState: Readonly<Record<Exclude<CommentAction, 'undo'>, CommentState>> = {
  approve: 'approved',
  reject: 'rejected',
  spam: 'spam',
};

/** The comments that a moderator decides about. Works with scripts off; with them also by the keyboard. */
export function Moderation(props: ModerationProps) {
  const { comments, next, state, admin, csrfToken, frame } = props;
  return (
    <>
      <div class="moderation-head">
        <h1 class="page-title">Comments</h1>
        <form method="post" action={`${admin}/sign-out`} class="moderation">
          <input type="hidden" name="csrf" value={csrfToken} />
          <button type="submit">Sign out</button>
        </form>
      </div>
      <StateTabs {...props} />
      <AppliedNotice {...props} />
      {comments.length === 0 && <p class="empty">There is nothing here.</p>}
      {comments.length > 0 && (
        <form method="post" action={`${admin}/comments`} class="moderation" id="moderation">
          <input type="hidden" name="csrf" value={csrfToken} />
          <input type="hidden" name="state" value={state ?? 'all'} />
          <fieldset class="moderation-bar">
            <legend>With those selected</legend>
            {(['approve', 'reject', 'spam', 'undo'] as const).map((action) => (
              <button type="submit" name="action" value={action}>
                {actionLabels[action]}
              </button>
            ))}
          </fieldset>
          <ol class="moderation-list">
            {comments.map((comment) => (
              <CommentEntry comment={comment} frame={frame} />
            ))}
          </ol>
          <p class="keys">
            Keys: <kbd>j</kbd> <kbd>k</kbd> next and previous, <kbd>x</kbd> select, <kbd>a</kbd> approve, <kbd>r</kbd>{' '}
            reject, <kbd>s</kbd> spam, <kbd>u</kbd> undo
          </p>
        </form>
      )}
      {next !== null && (
        <p class="pager">
          <a href={`${admin}/comments?state=${state ?? 'all'}&before=${next}`}>Older comments</a>
        </p>
      )}
    </>
  );
}

function StateTabs({ states, state, counts, admin }: ModerationProps) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return (
    <nav class="moderation-states" aria-label="States of comments">
      <ul>
        {states.map((one) => (
          <li>
            <a href={`${admin}/comments?state=${one}`} aria-current={one === state ? 'page' : undefined}>
              {stateLabels[one]} ({counts[one]})
            </a>
          </li>
        ))}
        <li>
          <a href={`${admin}/comments?state=all`} aria-current={state === null ? 'page' : undefined}>
            All ({all})
          </a>
        </li>
      </ul>
    </nav>
  );
}

function AppliedNotice({ applied, state, admin, csrfToken }: ModerationProps) {
  if (applied === null) return null;
  const count = applied.ids.length === 1 ? '1 comment' : `${applied.ids.length} comments`;
  return (
    <form method="post" action={`${admin}/comments`} class="moderation moderation-done">
      <p role="status">
        {count} {pastTense[applied.action]}.
      </p>
      {applied.ids.length > 0 && (
        <>
          <input type="hidden" name="csrf" value={csrfToken} />
          <input type="hidden" name="state" value={state ?? 'all'} />
          {applied.ids.map((id) => (
            <input type="hidden" name="id" value={id} />
          ))}
          <button type="submit" name="action" value="undo" id="undo-last">
            Undo
          </button>
        </>
      )}
    </form>
  );
}

function CommentEntry({ comment, frame }: { comment: ModerationEntry; frame: PageContext }) {
  const { id, item, name, body, state, reason } = comment;
  return (
    <li id={`comment-${id}`} tabindex={-1} data-id={id}>
      <p class="meta">
        <input type="checkbox" name="id" value={id} id={`pick-${id}`} aria-label={`Select comment ${id}`} />{' '}
        <bdi class="comment-name">{name}</bdi> <Time ms={comment.atMs} frame={frame} />{' '}
        <span class={`comment-state comment-${state}`}>{stateLabels[state]}</span>
      </p>
      <p class="meta">
        on{' '}
        <a href={frame.links.item(item.id)}>
          <bdi>{item.title}</bdi>
        </a>
        {item.withdrawn && ' (withdrawn)'}
        {reason !== null && <span>; {reason}</span>}
      </p>
      <bdi class="comment-body">
        <CommentText body={body} />
      </bdi>
      {comment.moderatedMs !== null && (
        <p class="meta">
          Decided <Time ms={comment.moderatedMs} frame={frame} /> by <bdi>{comment.moderatedBy}</bdi>
        </p>
      )}
      <p class="moderation-buttons">
        {(['approve', 'reject', 'spam'] as const)
          .filter((action) => resultingState[action] !== state)
          .map((action) => (
            <ActionButton action={action} id={id} />
          ))}
        {comment.moderatedMs !== null && <ActionButton action="undo" id={id} />}
      </p>
    </li>
  );
}

function ActionButton({ action, id }: { action: CommentAction; id: number }) {
  return (
    <button
      type="submit"
      name="one"
      value={`${action} ${id}`}
      data-action={action}
      aria-label={`${actionLabels[action]}: comment ${id}`}
    >
      {actionLabels[action]}
    </button>
  );
}
