/**
 * The allowed elements and their attributes. Other elements lose their tags and keep their content, except those in
 * `droppedWithContent`. `id`, `name`, `class` and `style` are never allowed, so that content of a feed cannot imitate,
 * cover or be addressed as a part of a page.
 */
export const allowedElements: Readonly<Record<string, readonly string[]>> = {
  a: ['href', 'rel', 'referrerpolicy'],
  abbr: ['title'],
  audio: ['src', 'controls', 'preload'],
  b: [],
  bdi: ['dir'],
  bdo: ['dir'],
  blockquote: [],
  br: [],
  caption: [],
  cite: [],
  code: [],
  col: ['span'],
  colgroup: ['span'],
  dd: [],
  del: [],
  details: [],
  dfn: ['title'],
  div: ['dir', 'lang'],
  dl: [],
  dt: [],
  em: [],
  figcaption: [],
  figure: [],
  h1: [],
  h2: [],
  h3: [],
  h4: [],
  h5: [],
  h6: [],
  hr: [],
  i: [],
  img: ['src', 'srcset', 'alt', 'title', 'width', 'height', 'loading', 'decoding', 'referrerpolicy'],
  ins: [],
  kbd: [],
  li: ['value'],
  mark: [],
  ol: ['start', 'reversed'],
  p: ['dir', 'lang'],
  picture: [],
  pre: [],
  q: [],
  rp: [],
  rt: [],
  ruby: [],
  s: [],
  samp: [],
  small: [],
  source: ['src', 'srcset', 'type'],
  span: ['dir', 'lang'],
  strong: [],
  sub: [],
  summary: [],
  sup: [],
  table: [],
  tbody: [],
  td: ['colspan', 'rowspan'],
  tfoot: [],
  th: ['colspan', 'rowspan', 'scope'],
  thead: [],
  time: ['datetime'],
  tr: [],
  u: [],
  ul: [],
  var: [],
  video: ['src', 'controls', 'preload', 'poster', 'width', 'height'],
  wbr: [],
};

/** Elements that are dropped with their content: scripts, SVG, plug-ins, raw text and form options. MathML keeps its text. */
export const droppedWithContent: readonly string[] = (
  'script style svg annotation annotation-xml template noscript noembed noframes xmp plaintext textarea select option optgroup datalist ' +
  'title iframe object embed applet portal fencedframe frameset canvas'
).split(' ');

/** Elements that are replaced by an allowed one. Landmarks become plain blocks: the landmarks belong to the page. */
export const renamedElements: Readonly<Record<string, string>> = {
  acronym: 'abbr',
  address: 'div',
  article: 'div',
  aside: 'div',
  center: 'div',
  dir: 'ul',
  footer: 'div',
  header: 'div',
  hgroup: 'div',
  main: 'div',
  menu: 'ul',
  nav: 'div',
  section: 'div',
  strike: 's',
  tt: 'code',
};

/** Elements without an end tag. */
export const voidElements: ReadonlySet<string> = new Set(['br', 'col', 'hr', 'img', 'source', 'wbr']);

/** Elements that are dropped if they have no attributes: a link or an image without a URL. */
export const droppedWithoutAttributes: ReadonlySet<string> = new Set(['a', 'img', 'source']);
