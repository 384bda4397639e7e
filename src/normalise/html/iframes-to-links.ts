import { Parser } from 'htmlparser2';
import { resolveWithoutTracking } from '../links/resolve-links.ts';
import type { BaseUrls } from './attributes.ts';
import { escapeAttribute, escapeHtml } from './html-escape.ts';

/** Further iframes are dropped without a link. */
const maxIframes = 50;

interface Iframe {
  readonly start: number;
  readonly end: number;
  readonly src: string | null;
}

function findIframes(html: string): Iframe[] {
  const iframes: Iframe[] = [];
  let open: { start: number; src: string | null } | null = null;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'iframe' && iframes.length < maxIframes)
        open ??= { start: parser.startIndex, src: attributes['src'] ?? null };
    },
    onclosetag(name) {
      if (name !== 'iframe' || open === null) return;
      iframes.push({ ...open, end: parser.endIndex + 1 });
      open = null;
    },
  });
  parser.end(html);
  return iframes;
}

function iframeLink(src: string | null, bases: BaseUrls): string {
  const url = src === null ? null : resolveWithoutTracking(src, bases);
  if (url === null) return '';
  return `<p><a href="${escapeAttribute(url.href)}">${escapeHtml(url.host)}</a></p>`;
}

/**
 * Replaces each iframe by a link, so that nothing of another site is loaded before the reader follows it. Runs before the
 * sanitiser: safety does not depend on it.
 */
export function iframesToLinks(html: string, bases: BaseUrls): string {
  if (!/<iframe/i.test(html)) return html;
  let result = '';
  let at = 0;
  for (const iframe of findIframes(html)) {
    result += html.slice(at, iframe.start) + iframeLink(iframe.src, bases);
    at = iframe.end;
  }
  return result + html.slice(at);
}
