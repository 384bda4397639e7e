/** The allowed elements whose attributes are all dropped. */
const withoutAttributes = (
  'b blockquote br caption cite code dd del details dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i ins kbd ' +
  'mark picture pre q rp rt ruby s samp small strong sub summary sup table tbody tfoot thead tr u ul var wbr'
).split(' ');

/**
 * The allowed elements and their attributes. Other elements lose their tags and keep their content, except those in
 * `droppedWithContent`. `id`, `name`, `class` and `style` are never allowed, so that content of a feed cannot imitate,
 * cover or be addressed as a part of a page.
 */
export const allowedElements: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(withoutAttributes.map((name) => [name, []])),
  a: ['href', 'rel', 'referrerpolicy'],
  abbr: ['title'],
  audio: ['src', 'controls', 'preload'],
  bdi: ['dir'],
  bdo: ['dir'],
  col: ['span'],
  colgroup: ['span'],
  dfn: ['title'],
  div: ['dir', 'lang'],
  img: ['src', 'srcset', 'alt', 'title', 'width', 'height', 'loading', 'decoding', 'referrerpolicy'],
  li: ['value'],
  ol: ['start', 'reversed'],
  p: ['dir', 'lang'],
  source: ['src', 'srcset', 'type'],
  span: ['dir', 'lang'],
  td: ['colspan', 'rowspan'],
  th: ['colspan', 'rowspan', 'scope'],
  time: ['datetime'],
  video: ['src', 'controls', 'preload', 'poster', 'width', 'height'],
};

/** Elements that are dropped with their content: scripts, SVG, plug-ins, raw text and form options. MathML keeps its text. */
export const droppedWithContent: readonly string[] = (
  'script style svg annotation annotation-xml template noscript noembed noframes xmp plaintext textarea select option optgroup datalist ' +
  'title iframe object embed applet portal fencedframe frameset canvas'
).split(' ');

const blocks = 'address article aside center footer header hgroup main nav section'.split(' ');

/** Elements that are replaced by an allowed one. Landmarks become plain blocks: the landmarks belong to the page. */
export const renamedElements: Readonly<Record<string, string>> = {
  ...Object.fromEntries(blocks.map((name) => [name, 'div'])),
  acronym: 'abbr',
  dir: 'ul',
  menu: 'ul',
  strike: 's',
  tt: 'code',
};

/** Elements without an end tag. */
export const voidElements: ReadonlySet<string> = new Set(['br', 'col', 'hr', 'img', 'source', 'wbr']);

/** Elements that are dropped if they have no attributes: a link or an image without a URL. */
export const droppedWithoutAttributes: ReadonlySet<string> = new Set(['a', 'img', 'source']);
