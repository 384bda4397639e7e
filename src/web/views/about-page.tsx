import { outputFormats } from '../../domain/output-formats.ts';
import { Copyable } from './layout/copyable.tsx';
import type { PageContext, Tab } from './layout/page-context.ts';

/** The ways to subscribe: feeds, WebSub, live connections, the JSON API. */
export function AboutContent({ publicUrl, context }: { publicUrl: string; context: PageContext }) {
  const sections = context.tabs.slice(1);
  return (
    <article class="about">
      <h1 class="page-title">How to subscribe</h1>
      <p class="intro">
        {context.siteTitle} collects items from <a href={context.links.sources}>many sources</a> into one stream without
        duplicates. You can subscribe in any of the ways below. None of them needs an account.
      </p>
      <Feeds publicUrl={publicUrl} sections={sections} />
      {context.hubUrl !== null && <WebSub hubUrl={context.hubUrl} />}
      <Live publicUrl={publicUrl} sections={sections} />
      <Programs publicUrl={publicUrl} context={context} />
    </article>
  );
}

function Feeds({ publicUrl, sections }: { publicUrl: string; sections: readonly Tab[] }) {
  return (
    <section aria-labelledby="feeds">
      <h2 id="feeds">In a feed reader</h2>
      <p>Copy one of these addresses into your feed reader.</p>
      <ul class="addresses">
        {outputFormats.map(({ name, label }) => (
          <li>
            All items as {label} <Copyable text={`${publicUrl}/feed.${name}`} />
          </li>
        ))}
        {sections.map(({ name, href }) => (
          <li>
            Only {name}, as RSS <Copyable text={`${new URL(href, publicUrl).href}/feed.rss`} />
          </li>
        ))}
      </ul>
      <p>
        Each source and each search has its own feeds. Every feed address accepts the parameters <code>section</code>,{' '}
        <code>source</code>, <code>category</code>, <code>q</code> and <code>limit</code>. Example:
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
      <h2 id="websub">WebSub</h2>
      <p>
        A feed reader that supports WebSub receives new items within seconds and does not have to poll. The feeds name
        the hub:
      </p>
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
      <h2 id="live">Live</h2>
      <p>
        A WebSocket or a stream of server-sent events delivers each item as soon as it is stored. A client that was
        disconnected resumes where it stopped and misses nothing.
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

function Programs({ publicUrl, context }: { publicUrl: string; context: PageContext }) {
  return (
    <section aria-labelledby="programs">
      <h2 id="programs">For programs</h2>
      <ul class="addresses">
        <li>
          Items as JSON <Copyable text={`${publicUrl}/api/items?limit=20`} />
        </li>
        <li>
          The live protocol as AsyncAPI <Copyable text={`${publicUrl}/api/asyncapi.json`} />
        </li>
        <li>
          <span>
            All <a href={context.links.sources}>sources</a> as OPML
          </span>{' '}
          <Copyable text={`${publicUrl}/opml.xml`} />
        </li>
      </ul>
    </section>
  );
}
