import type { Bases } from './attributes.ts';
import { BalancedHtml } from './balance.ts';
import { cleanInto } from './clean-walk.ts';
import { framesToLinks } from './frames-to-links.ts';
import { withoutControls } from './text.ts';

/** What one item's content may be, in bytes of UTF-8. */
export const maxContentBytes = 128 * 1024;
/** What of it is looked at: markup that goes counts too, and no more than this is worth the time. */
const maxInputChars = 1024 * 1024;
/** Some steps of the HTML parser look through all open elements. */
const maxTags = 40_000;

/** HTML that may stand on our pages. */
export interface CleanHtml {
  readonly html: string;
  /** Whether content was cut for its size. */
  readonly cut: boolean;
}

/**
 * HTML of others made fit for our pages, by an allow-list: known elements with known attributes, http(s) addresses
 * resolved against `bases`, no script, style, frame, form, foreign markup, counter picture or name; end tags where a
 * browser sees them. Doing it again changes nothing.
 *
 * @param bases where relative addresses start, the best first; see `basesOf`.
 * @param frames whether a link stands for each embedded page, or nothing.
 */
export function cleanHtml(html: string, bases: Bases, frames: 'linked' | 'dropped' = 'linked'): CleanHtml {
  const input = cutInput(html);
  const text = withoutControls(input);
  const out = new BalancedHtml(maxContentBytes);
  cleanInto(frames === 'linked' ? framesToLinks(text, bases) : text, bases, out);
  const balanced = out.finish();
  return { html: balanced.html, cut: balanced.cut || input.length < html.length };
}

/** `cleanHtml` with one base, for whoever needs the text only. */
export function sanitiseHtml(html: string, options: { readonly baseUrl: string | null }): string {
  return cleanHtml(html, options.baseUrl === null ? [] : [options.baseUrl]).html;
}

function cutInput(html: string): string {
  let end = Math.min(html.length, maxInputChars);
  let tags = 0;
  for (let at = html.indexOf('<'); at !== -1 && at < end; at = html.indexOf('<', at + 1)) {
    if (++tags > maxTags) end = at;
  }
  return html.slice(0, end);
}
