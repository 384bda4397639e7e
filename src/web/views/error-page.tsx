import type { Frame } from './page-context.ts';

/** A page that could not be given; the words are ours, never the request's. */
export function ErrorMatter({ title, message, frame }: { title: string; message: string; frame: Frame }) {
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
