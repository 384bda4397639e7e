/** A side of less than 100 pixels. */
const smallSide = / (?:width|height)="\d{1,2}"/;
/** Pictures that stand for something else: smileys, faces of authors, buttons. */
const decoration = /gravatar\.com\/|\/emoji\/|\/smil(?:ies|eys?)\/|\/avatars?\/|\/icons?\/|badge|spacer\.|blank\.gif/i;

/**
 * The first picture of clean HTML that may stand for the whole item: not known to be small, not a decoration.
 *
 * @param html as `cleanHtml` leaves it.
 */
export function leadImage(html: string): string | null {
  const picture = /<img src="([^"]*)"([^<>]*)>/g;
  for (let found = picture.exec(html); found !== null; found = picture.exec(html)) {
    const [, src = '', others = ''] = found;
    if (!smallSide.test(others) && !decoration.test(src)) return src.replaceAll('&amp;', '&');
  }
  return null;
}
