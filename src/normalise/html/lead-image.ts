/** A width or height of less than 100 pixels. */
const smallSide = / (?:width|height)="\d{1,2}"/;
/** Images that do not illustrate the item: emoji, avatars, icons, badges. */
const decoration = /gravatar\.com\/|\/emoji\/|\/smil(?:ies|eys?)\/|\/avatars?\/|\/icons?\/|badge|spacer\.|blank\.gif/i;

/**
 * The first image that can illustrate the whole item: not known to be small and not a decoration. Null if there is none.
 *
 * @param html the result of `cleanHtml`.
 */
export function leadImage(html: string): string | null {
  const picture = /<img src="([^"]*)"([^<>]*)>/g;
  for (let found = picture.exec(html); found !== null; found = picture.exec(html)) {
    const [, src = '', others = ''] = found;
    if (!smallSide.test(others) && !decoration.test(src)) return src.replaceAll('&amp;', '&');
  }
  return null;
}
