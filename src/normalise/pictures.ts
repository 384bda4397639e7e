const minSide = 100;
/** Pictures that stand for something else: smileys, faces of authors, buttons. */
const decoration = /gravatar\.com\/|\/emoji\/|\/smil(?:ies|eys?)\/|\/avatars?\/|\/icons?\/|badge|spacer\.|blank\.gif/i;

/**
 * The first picture of clean HTML that may stand for the whole item: not known to be small, not a decoration.
 *
 * @param html as `cleanHtml` leaves it.
 */
export function firstPicture(html: string): string | null {
  for (const [tag] of html.matchAll(/<img [^<>]*>/g)) {
    const src = /^<img src="([^"]*)"/.exec(tag)?.[1]?.replaceAll('&amp;', '&') ?? null;
    const sides = [...tag.matchAll(/ (?:width|height)="(\d+)"/g)].map((match) => Number(match[1]));
    if (src !== null && sides.every((side) => side >= minSide) && !decoration.test(src)) return src;
  }
  return null;
}
