import type { PropsWithChildren } from 'hono/jsx';
import { outputFormats } from '../../../domain/output-formats.ts';
import type { PageContext, PageHead } from './page-context.ts';

/** The HTML document of a page: head, masthead, the content of the page, footer. */
export function Layout(props: PropsWithChildren<{ context: PageContext; head: PageHead }>) {
  const { context, head, children } = props;
  return (
    <html lang="en">
      <Head context={context} head={head} />
      <body data-dateline={context.datelinePattern} data-timezone={context.timezone}>
        <a class="skip-link" href="#main">
          Skip to the news
        </a>
        <Masthead context={context} head={head} />
        <div class="page">{children}</div>
        <Footer context={context} head={head} />
        <KeyboardHelp />
      </body>
    </html>
  );
}

function Head({ context, head }: { context: PageContext; head: PageHead }) {
  const { links, siteTitle } = context;
  const { feedPath } = head;
  return (
    <head>
      <meta charset="utf-8" />
      <title>{head.title === null ? siteTitle : `${head.title} – ${siteTitle}`}</title>
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      {head.description !== null && <meta name="description" content={head.description} />}
      {head.canonical !== null && <link rel="canonical" href={head.canonical} />}
      <meta name="theme-color" content="#fbfaf7" media="(prefers-color-scheme: light)" />
      <meta name="theme-color" content="#141413" media="(prefers-color-scheme: dark)" />
      {/* An item page brings its own Open Graph elements in `extra`. */}
      {head.extra === undefined && <OpenGraph siteTitle={siteTitle} head={head} />}
      <link rel="stylesheet" href={links.file('assets/newswire.css')} />
      <link rel="icon" type="image/svg+xml" href={links.file('assets/favicon.svg')} />
      {feedPath !== null &&
        outputFormats.map(({ name, label, mediaType }) => (
          <link rel="alternate" type={mediaType} title={label} href={links.feed(feedPath, name, head.q)} />
        ))}
      {feedPath !== null && context.hubUrl !== null && (
        <>
          <link rel="hub" href={context.hubUrl} />
          <link rel="self" type="application/atom+xml" href={links.topic(feedPath, 'atom')} />
        </>
      )}
      {head.extra}
      <script type="module" src={links.file('client/browser/live-page.js')} />
    </head>
  );
}

/** Open Graph elements: sites that link to the page build their preview from them. */
function OpenGraph({ siteTitle, head }: { siteTitle: string; head: PageHead }) {
  return (
    <>
      <meta property="og:site_name" content={siteTitle} />
      <meta property="og:title" content={head.title ?? siteTitle} />
      <meta property="og:type" content="website" />
      {head.description !== null && <meta property="og:description" content={head.description} />}
      {head.canonical !== null && <meta property="og:url" content={head.canonical} />}
      {head.image != null && <meta property="og:image" content={head.image} />}
    </>
  );
}

function Masthead({ context, head }: { context: PageContext; head: PageHead }) {
  const name = (
    <a href={context.links.front} rel="home">
      {context.siteTitle}
    </a>
  );
  return (
    <header class="masthead">
      <div class="masthead-bar">
        <span class="today">{context.today}</span>
        <a class="news-feed-link" href="#news-feed">
          News feed
        </a>
        <SearchForm context={context} q={head.q ?? ''} />
      </div>
      {head.title === null ? <h1 class="site-title">{name}</h1> : <p class="site-title">{name}</p>}
      <nav class="tabs" aria-label="Sections">
        <ul>
          {context.tabs.map((tab) => (
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

function SearchForm({ context, q }: { context: PageContext; q: string }) {
  return (
    <search class="search">
      <form action={context.links.search} method="get">
        <input
          id="search-box"
          name="q"
          type="search"
          value={q}
          maxlength={200}
          autocomplete="off"
          placeholder="Search the news"
          aria-label="Search the news"
        />
        <button type="submit">Search</button>
      </form>
    </search>
  );
}

function Footer({ context, head }: { context: PageContext; head: PageHead }) {
  const { links } = context;
  return (
    <footer class="footer">
      <nav aria-label="About this site">
        <ul>
          <li>
            <a href={links.about}>How to subscribe</a>
          </li>
          <li>
            <a href={links.sources}>Sources</a>
          </li>
          <li>
            <a href={links.status}>Status</a>
          </li>
          {outputFormats.map(({ name, label }) => (
            <li>
              <a href={links.feed(head.feedPath ?? '', name, head.q)}>{label}</a>
            </li>
          ))}
          <li class="keyboard-button" hidden>
            <button type="button">Keyboard</button>
          </li>
        </ul>
      </nav>
      <p>Headlines and texts belong to their publishers. Times are {context.timezone.replaceAll('_', ' ')}.</p>
    </footer>
  );
}

const keys = [
  ['j', 'go to the next headline'],
  ['k', 'go to the previous headline'],
  ['o', 'open the headline'],
  ['/', 'go to the search box'],
  ['?', 'show this help'],
] as const;

/** Lists the keyboard shortcuts. Only the page script opens the dialog, so that it stays closed without scripts. */
function KeyboardHelp() {
  return (
    <dialog class="keyboard-help" id="keyboard-help" aria-labelledby="keyboard-help-title">
      <h2 id="keyboard-help-title">Keyboard shortcuts</h2>
      <dl>
        {keys.map(([key, action]) => (
          <div>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{action}</dd>
          </div>
        ))}
      </dl>
      <p>
        <label>
          <input type="checkbox" id="keyboard-enabled" checked /> Use these keys
        </label>
      </p>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
