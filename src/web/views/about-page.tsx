import { outputFormats } from '../../domain/output-formats.ts';
import { Copyable } from './layout/copyable.tsx';
import type { PageContext, Tab } from './layout/page-context.ts';

/** How to hear of the news without looking at the pages. */
export function AboutContent({ publicUrl, frame }: { publicUrl: string; frame: PageContext }) {
  const sections = frame.tabs.slice(1);
  return (
    <article class="about">
      <h1 class="page-title">How to subscribe</h1>
      <p class="standfirst">
        {frame.siteTitle} reads <a href={frame.links.sources}>many sources</a>, puts what they publish into one stream
        without repeats, and gives it out in whatever way suits you. Nothing here needs an account.
      </p>
      <Feeds publicUrl={publicUrl} sections={sections} />
      {frame.hubUrl !== null && <WebSub hubUrl={frame.hubUrl} />}
      <Live publicUrl={publicUrl} sections={sections} />
      <Machines publicUrl={publicUrl} frame={frame} />
    </article>
  );
}

function Feeds({ publicUrl, sections }: { publicUrl: string; sections: readonly Tab[] }) {
  return (
    <section aria-labelledby="feeds">
      <h2 id="feeds">In a feed reader</h2>
      <p>Paste one of these addresses into your reader.</p>
      <ul class="addresses">
        {outputFormats.map(({ name, label }) => (
          <li>
            Everything as {label} <Copyable text={`${publicUrl}/feed.${name}`} />
          </li>
        ))}
        {sections.map(({ name, href }) => (
          <li>
            {name} only <Copyable text={`${new URL(href, publicUrl).href}/feed.rss`} />
          </li>
        ))}
      </ul>
      <p>
        Each source has feeds of its own, and so has every search. Any of these addresses takes <code>section</code>,{' '}
        <code>source</code>, <code>category</code>, <code>q</code> and <code>limit</code>, as in:
      </p>
      <p>
        <Copyable text={`${publicUrl}/feed.rss?q=budget+-cricket&limit=100`} />
      </p>
    </section>
  );
}

function WebSub({ hubUrl }: { hubUrl: string }) {
  return (
    <section aria-labelledby="websub">
      <h2 id="websub">At once, in a feed reader (WebSub)</h2>
      <p>Readers that know WebSub are told of news within seconds instead of asking for it. Our feeds name the hub:</p>
      <p>
        <Copyable text={hubUrl} />
      </p>
    </section>
  );
}

function Live({ publicUrl, sections }: { publicUrl: string; sections: readonly Tab[] }) {
  const [first] = sections;
  const section = first === undefined ? '' : `?${new URLSearchParams({ section: first.name })}`;
  return (
    <section aria-labelledby="live">
      <h2 id="live">Live, item by item</h2>
      <p>
        Over WebSocket or as server-sent events, each item the moment it is stored. A connection that broke goes on
        where it was, with nothing missed.
      </p>
      <ul class="addresses">
        <li>
          WebSocket <Copyable text={`${publicUrl.replace(/^http/, 'ws')}/live${section}`} />
        </li>
        <li>
          Server-sent events <Copyable text={`curl -N '${publicUrl}/events${section}'`} />
        </li>
      </ul>
    </section>
  );
}

function Machines({ publicUrl, frame }: { publicUrl: string; frame: PageContext }) {
  return (
    <section aria-labelledby="machines">
      <h2 id="machines">For programs</h2>
      <ul class="addresses">
        <li>
          Items as JSON <Copyable text={`${publicUrl}/api/items?limit=20`} />
        </li>
        <li>
          The live protocol, described for machines <Copyable text={`${publicUrl}/api/asyncapi.json`} />
        </li>
        <li>
          <span>
            All <a href={frame.links.sources}>sources</a> as OPML
          </span>{' '}
          <Copyable text={`${publicUrl}/opml.xml`} />
        </li>
      </ul>
    </section>
  );
}
