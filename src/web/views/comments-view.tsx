import { type Comment, type CommentPage, maxCommentChars, maxNameChars } from '../../domain/comments/comment.ts';
import { linkify } from '../../domain/comments/comment-text.ts';
import { Time } from './items/item-parts.tsx';
import type { PageContext } from './layout/page-context.ts';
import { externalLink } from './layout/view-links.ts';

/** The values and messages of the comment form. */
export interface CommentFormState {
  readonly name: string;
  readonly text: string;
  readonly token: string;
  /** Why the comment was not accepted; null: no error. */
  readonly error: { readonly field: 'name' | 'text' | null; readonly message: string } | null;
  /** The confirmation of the comment that was just sent; null: none was sent. */
  readonly message: string | null;
}

/** The comments on an item and the comment form. */
export interface Discussion {
  readonly page: CommentPage;
  /** Whether the page does not start with the newest comments. */
  readonly isOlderPage: boolean;
  readonly notice: string;
  readonly form: CommentFormState;
}

interface Props {
  readonly itemId: number;
  readonly discussion: Discussion;
  readonly context: PageContext;
}

/**
 * The comments section of an item page: rules, form and comments. The page script adds comments while the page is open:
 * it copies the `template` elements and fills the copies.
 */
export function CommentsSection({ itemId, discussion, context }: Props) {
  const { page, isOlderPage, notice, form } = discussion;
  return (
    <section
      class="comments"
      id="comments"
      aria-labelledby="comments-title"
      data-revision={page.revision}
      data-url={`${context.links.base}/api/items/${itemId}/comments`}
      data-live={isOlderPage ? undefined : 'true'}
    >
      <CommentForm action={context.links.comments(itemId)} form={form} notice={notice} />
      <h2 id="comments-title">
        Comments: <span class="comment-total">{page.total}</span>
      </h2>
      {isOlderPage && (
        <p class="comment-page">
          <a href={`${context.links.item(itemId)}#comments`}>Newest comments</a>
        </p>
      )}
      <ol class="comment-list">
        {page.comments.map((comment) => (
          <CommentEntry comment={comment} context={context} />
        ))}
      </ol>
      <template class="comment-entry">
        <CommentEntry comment={null} context={context} />
      </template>
      <template class="comment-link">
        <CommentLink href={null} text="" />
      </template>
      <p class="comment-page comments-older" hidden={page.next === null}>
        <a href={`${context.links.item(itemId)}?comments=${page.next ?? ''}#comments`} rel="nofollow">
          Older comments
        </a>
      </p>
    </section>
  );
}

function CommentForm(props: { action: string; form: CommentFormState; notice: string }) {
  const { action, form, notice } = props;
  const { error } = form;
  const errorOf = (field: 'name' | 'text'): Record<string, string> =>
    error?.field === field ? { 'aria-invalid': 'true' } : {};
  return (
    <form class="comment-form" id="write-comment" method="post" action={`${action}#write-comment`}>
      <h2>Write comment</h2>
      <p class="comment-notice">{notice}</p>
      <p class="comment-status" role="status">
        {form.message}
      </p>
      <p class="comment-error" id="comment-error" role="alert">
        {error?.message}
      </p>
      <p>
        <label for="comment-name">Name</label>
        {/* A browser counts UTF-16 code units: a code point has at most two. */}
        <input
          id="comment-name"
          name="name"
          value={form.name}
          maxlength={2 * maxNameChars}
          required
          autocomplete="nickname"
          dir="auto"
          aria-describedby="comment-error"
          {...errorOf('name')}
        />
      </p>
      <p>
        <label for="comment-text">Comment</label>
        <textarea
          id="comment-text"
          name="text"
          rows={5}
          maxlength={4 * maxCommentChars}
          required
          dir="auto"
          aria-describedby="comment-remaining comment-error"
          data-limit={maxCommentChars}
          {...errorOf('text')}
        >
          {`\n${form.text}`}
        </textarea>
        <span class="comment-remaining" id="comment-remaining">
          {maxCommentChars} characters at most
        </span>
      </p>
      <p class="comment-subject" aria-hidden="true">
        <label for="comment-subject">Leave this field empty</label>
        <input id="comment-subject" name="subject" tabindex={-1} autocomplete="off" />
      </p>
      <input type="hidden" name="token" value={form.token} />
      <p>
        <button type="submit">Send</button>
      </p>
    </form>
  );
}

/** @param comment null: the template of an entry. */
function CommentEntry({ comment, context }: { comment: Comment | null; context: PageContext }) {
  return (
    <li
      id={comment === null ? undefined : `comment-${comment.id}`}
      class={comment === null ? 'is-new' : undefined}
      data-id={comment?.id}
    >
      <p class="meta">
        <bdi class="comment-name">{comment?.name}</bdi>{' '}
        {comment === null ? <time /> : <Time ms={comment.atMs} context={context} />}
      </p>
      <bdi class="comment-body">{comment !== null && <CommentText body={comment.body} />}</bdi>
    </li>
  );
}

/** The text of a comment, with its addresses as links. */
export function CommentText({ body }: { body: string }) {
  return <>{linkify(body).map(({ text, href }) => (href === null ? text : <CommentLink href={href} text={text} />))}</>;
}

/** @param href null: the template of a link. */
function CommentLink({ href, text }: { href: string | null; text: string }) {
  return (
    <a href={href ?? undefined} {...externalLink}>
      {text}
    </a>
  );
}
