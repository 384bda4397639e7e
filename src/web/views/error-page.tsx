import type { PageContext } from './layout/page-context.ts';

/** An error page. `message` never contains text of the request. */
export function ErrorContent({ title, message, context }: { title: string; message: string; context: PageContext }) {
  return (
    <>
      <h1 class="page-title">{title}</h1>
      <p class="intro">{message}</p>
      <p>
        <a href={context.links.front}>Go to the front page</a>
      </p>
    </>
  );
}
