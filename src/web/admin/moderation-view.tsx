import type { CommentAction, CommentState, ModerationEntry } from '../../domain/comments/comment.ts';
import { CommentText } from '../views/comments-view.tsx';
import { Time } from '../views/items/item-parts.tsx';
import type { PageContext } from '../views/layout/page-context.ts';

/** The data of the moderation page. */
interface ModerationProps {
  /** Newest first. */
  readonly comments: readonly ModerationEntry[];
  /** Id that the next page starts below; null on the last page. */
  readonly next: number | null;
  readonly counts: Readonly<Record<CommentState, number>>;
  readonly states: readonly CommentState[];
  /** The listed state; null: all states. */
  readonly state: CommentState | null;
  /** The decision that was just applied; null: none. */
  readonly applied: { readonly action: CommentAction; readonly ids: readonly number[] } | null;
  readonly csrfToken: string;
  readonly admin: string;
  readonly context: PageContext;
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
  undo: 'restored to the previous state',
};

const resultingState: Readonly<Record<Exclude<CommentAction, 'undo'>, CommentState>> = {
  approve: 'approved',
  reject: 'rejected',
  spam: 'spam',
};

/** The moderation page. It works without scripts; scripts add keyboard shortcuts. */
export function Moderation(props: ModerationProps) {
  const { comments, next, state, admin, csrfToken, context } = props;
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
      {comments.length === 0 && <p class="empty">No comments.</p>}
      {comments.length > 0 && (
        <form method="post" action={`${admin}/comments`} class="moderation" id="moderation">
          <input type="hidden" name="csrf" value={csrfToken} />
          <input type="hidden" name="state" value={state ?? 'all'} />
          <fieldset class="moderation-bar">
            <legend>Selected comments:</legend>
            {(['approve', 'reject', 'spam', 'undo'] as const).map((action) => (
              <button type="submit" name="action" value={action}>
                {actionLabels[action]}
              </button>
            ))}
          </fieldset>
          <ol class="moderation-list">
            {comments.map((comment) => (
              <CommentEntry comment={comment} context={context} />
            ))}
          </ol>
          <p class="moderation-keys">
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
    <nav class="moderation-states" aria-label="Comment states">
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
    <form method="post" action={`${admin}/comments`} class="moderation moderation-result">
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

function CommentEntry({ comment, context }: { comment: ModerationEntry; context: PageContext }) {
  const { id, item, name, body, state, reason } = comment;
  return (
    <li id={`comment-${id}`} tabindex={-1} data-id={id}>
      <p class="meta">
        <input type="checkbox" name="id" value={id} id={`pick-${id}`} aria-label={`Select comment ${id}`} />{' '}
        <bdi class="comment-name">{name}</bdi> <Time ms={comment.atMs} context={context} />{' '}
        <span class={`comment-state comment-${state}`}>{stateLabels[state]}</span>
      </p>
      <p class="meta">
        on{' '}
        <a href={context.links.item(item.id)}>
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
          Moderated <Time ms={comment.moderatedMs} context={context} /> by <bdi>{comment.moderatedBy}</bdi>
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
