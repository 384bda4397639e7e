import type { PageContext } from './layout/page-context.ts';

/** A page that could not be given; the words are ours, never the request's. */
export function ErrorContent({ title, message, frame }: { title: string; message: string; frame: PageContext }) {
  return (
    <>
      <h1 class="page-title">{title}</h1>
      <p class="standfirst">{message}</p>
      <p>
        <a href={frame.links.front}>To the front page</a>
      </p>
    </>
  );
}
