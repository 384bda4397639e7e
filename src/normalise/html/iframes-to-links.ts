import { Parser } from 'htmlparser2';
import { resolveLink, stripTracking } from '../links/resolve-links.ts';
import type { BaseUrls } from './attributes.ts';
import { escapeAttribute, escapeHtml } from './html-escape.ts';

/** More than these are no embedded recordings any more; they go without a link. */
const maxIframes = 50;

interface Iframe {
  readonly start: number;
  readonly end: number;
  readonly src: string | null;
}

function findIframes(html: string): Iframe[] {
  const frames: Iframe[] = [];
  let open: { start: number; src: string | null } | null = null;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'iframe' && frames.length < maxIframes)
        open ??= { start: parser.startIndex, src: attributes['src'] ?? null };
    },
    onclosetag(name) {
      if (name !== 'iframe' || open === null) return;
      frames.push({ ...open, end: parser.endIndex + 1 });
      open = null;
    },
  });
  parser.end(html);
  return frames;
}

function iframeLink(src: string | null, bases: BaseUrls): string {
  const url = URL.parse(src === null ? '' : (resolveLink(src, bases) ?? ''));
  if (url === null) return '';
  return `<p><a href="${escapeAttribute(stripTracking(url.href))}">${escapeHtml(url.host)}</a></p>`;
}

/**
 * HTML in which a link stands for each embedded page: nothing of another site is loaded before a reader asks for it.
 * Runs before the sanitiser, so that nothing depends on it for safety.
 */
export function iframesToLinks(html: string, bases: BaseUrls): string {
  if (!/<iframe/i.test(html)) return html;
  let linked = '';
  let at = 0;
  for (const frame of findIframes(html)) {
    linked += html.slice(at, frame.start) + iframeLink(frame.src, bases);
    at = frame.end;
  }
  return linked + html.slice(at);
}
