import { type Comment, type CommentPage, maxCommentChars, maxNameChars } from '../../domain/comments/comment.ts';
import { linkify } from '../../domain/comments/comment-text.ts';
import { Time } from './items/item-parts.tsx';
import type { PageContext } from './layout/page-context.ts';
import { externalLink } from './layout/view-links.ts';

/** What the form holds and says. */
export interface CommentFormState {
  readonly name: string;
  readonly text: string;
  readonly token: string;
  /** Why what was sent was not taken; null: nothing was refused. */
  readonly error: { readonly field: 'name' | 'text' | null; readonly message: string } | null;
  /** What became of the comment that was sent before this page came; null: none was. */
  readonly message: string | null;
}

/** The comments on an item and the form for one more. */
export interface Discussion {
  readonly page: CommentPage;
  /** Whether these are not the newest. */
  readonly isOlderPage: boolean;
  readonly notice: string;
  readonly form: CommentFormState;
}

interface Props {
  readonly itemId: number;
  readonly discussion: Discussion;
  readonly frame: PageContext;
}

/** Below an item: what may not be written, the form, and what others wrote. */
export function CommentsSection({ itemId, discussion, frame }: Props) {
  const { page, isOlderPage, notice, form } = discussion;
  return (
    <section
      class="comments"
      id="comments"
      aria-labelledby="comments-title"
      data-revision={page.revision}
      data-source={`${frame.links.base}/api/items/${itemId}/comments`}
      data-live={isOlderPage ? undefined : 'true'}
    >
      <CommentForm action={frame.links.comments(itemId)} form={form} notice={notice} />
      <h2 id="comments-title">
        Comments: <span class="comment-total">{page.total}</span>
      </h2>
      {isOlderPage && (
        <p class="comment-page">
          <a href={`${frame.links.item(itemId)}#comments`}>Newest comments</a>
        </p>
      )}
      <ol class="comment-list">
        {page.comments.map((comment) => (
          <CommentEntry comment={comment} frame={frame} />
        ))}
      </ol>
      <p class="comment-page comments-older" hidden={page.next === null}>
        <a href={`${frame.links.item(itemId)}?comments=${page.next ?? ''}#comments`} rel="nofollow">
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
      <p class="comment-told" role="status">
        {form.message}
      </p>
      <p class="comment-refused" id="comment-refused" role="alert">
        {error?.message}
      </p>
      <p>
        <label for="comment-name">Name</label>
        {/* Counted in UTF-16 units by the browser: twice as many as code points at the most. */}
        <input
          id="comment-name"
          name="name"
          value={form.name}
          maxlength={2 * maxNameChars}
          required
          autocomplete="nickname"
          dir="auto"
          aria-describedby="comment-refused"
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
          aria-describedby="comment-left comment-refused"
          data-limit={maxCommentChars}
          {...errorOf('text')}
        >
          {`\n${form.text}`}
        </textarea>
        <span class="comment-left" id="comment-left">
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

function CommentEntry({ comment, frame }: { comment: Comment; frame: PageContext }) {
  return (
    <li id={`comment-${comment.id}`} data-id={comment.id}>
      <p class="meta">
        <bdi class="comment-name">{comment.name}</bdi> <Time ms={comment.atMs} frame={frame} />
      </p>
      <bdi class="comment-body">
        <CommentText body={comment.body} />
      </bdi>
    </li>
  );
}

/** A comment's text: words, and addresses that lead away. */
export function CommentText({ body }: { body: string }) {
  return (
    <>
      {linkify(body).map(({ text, href }) =>
        href === null ? (
          text
        ) : (
          <a href={href} {...externalLink}>
            {text}
          </a>
        ),
      )}
    </>
  );
}
