/** Shorter content is left as it is: a picture in it costs little. */
const longContentChars = 64 * 1024;
/** The value of an attribute with at least 1 KB of a `data:` address in it: a picture or a font, which is never shown. */
const embedded = /=\s*(?:"[^"<]{0,200}data:[^"]{1024,}"|'[^'<]{0,200}data:[^']{1024,}'|data:[^\s"'>]{1024,})/gi;

/**
 * HTML without the long `data:` addresses of its attributes. They are dropped by the cleaner anyway, but one picture can
 * be larger than all that is looked at of a content, and hide the text behind it.
 *
 * Linear in the length: each alternative ends at the next quote.
 */
export function removeDataUrls(html: string): string {
  return html.length > longContentChars ? html.replace(embedded, '=""') : html;
}
