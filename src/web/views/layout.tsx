import type { PropsWithChildren } from 'hono/jsx';
import type { Frame, PageHead } from './frame.ts';

const formats = [
  { format: 'rss', name: 'RSS', type: 'application/rss+xml' },
  { format: 'atom', name: 'Atom', type: 'application/atom+xml' },
  { format: 'json', name: 'JSON Feed', type: 'application/feed+json' },
] as const;

/** A whole page: head, masthead, the page's own matter, foot. */
export function Layout(props: PropsWithChildren<{ frame: Frame; head: PageHead }>) {
  const { frame, head, children } = props;
  return (
    <html lang="en">
      <Head frame={frame} head={head} />
      <body>
        <a class="skip" href="#main">
          Skip to the news
        </a>
        <Masthead frame={frame} front={head.title === null} />
        <div class="page">{children}</div>
        <Foot frame={frame} feedPath={head.feedPath ?? ''} />
      </body>
    </html>
  );
}

function Head({ frame, head }: { frame: Frame; head: PageHead }) {
  const { links, siteTitle } = frame;
  const { feedPath } = head;
  return (
    <head>
      <meta charset="utf-8" />
      <title>{head.title === null ? siteTitle : `${head.title} – ${siteTitle}`}</title>
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      {head.description !== null && <meta name="description" content={head.description} />}
      {head.canonical !== null && <link rel="canonical" href={head.canonical} />}
      <link rel="stylesheet" href={links.file('assets/newswire.css')} />
      <link rel="stylesheet" href={links.file('assets/readers.css')} />
      <link rel="icon" type="image/svg+xml" href={links.file('assets/favicon.svg')} />
      {feedPath !== null &&
        formats.map(({ format, name, type }) => (
          <link rel="alternate" type={type} title={name} href={links.feed(feedPath, format)} />
        ))}
      {feedPath !== null && frame.hubUrl !== null && (
        <>
          <link rel="hub" href={frame.hubUrl} />
          <link rel="self" type="application/atom+xml" href={links.topic(feedPath, 'atom')} />
        </>
      )}
      {head.more}
      <script type="module" src={links.file('client/browser/live-page.js')} />
    </head>
  );
}

function Masthead({ frame, front }: { frame: Frame; front: boolean }) {
  const name = (
    <a href={frame.links.front} rel="home">
      {frame.siteTitle}
    </a>
  );
  return (
    <header class="masthead">
      <div class="folio">
        <span>{frame.today}</span>
        <a class="to-feed" href="#news-feed">
          News feed
        </a>
      </div>
      {front ? <h1 class="site-title">{name}</h1> : <p class="site-title">{name}</p>}
      <nav class="tabs" aria-label="Sections">
        <ul>
          {frame.tabs.map((tab) => (
            <li>
              <a href={tab.href} aria-current={tab.current ?? undefined}>
                {tab.name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  );
}

function Foot({ frame, feedPath }: { frame: Frame; feedPath: string }) {
  return (
    <footer class="foot">
      <nav aria-label="About this site">
        <ul>
          <li>
            <a href={frame.links.sources}>Sources</a>
          </li>
          {formats.map(({ format, name }) => (
            <li>
              <a href={frame.links.feed(feedPath, format)}>{name}</a>
            </li>
          ))}
        </ul>
      </nav>
      <p>Headlines and texts belong to their publishers. Times are {frame.timezone.replaceAll('_', ' ')}.</p>
    </footer>
  );
}
