/**
 * What may stand in the HTML of others on our pages: every element with its attributes. All else goes; what is
 * neither here nor in `droppedWhole` leaves its text behind. No `id`, `name`, `class` or `style` anywhere, so that
 * nothing of a feed can look like, cover or be found as a part of our own page.
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

/** Elements that go with all that is in them: code, drawings, plug-ins, raw text and what forms hold. Of formulas the text stays. */
export const droppedWithContent: readonly string[] = (
  'script style svg annotation annotation-xml template noscript noembed noframes xmp plaintext textarea select option optgroup datalist ' +
  'title iframe object embed applet portal fencedframe frameset canvas'
).split(' ');

/** Elements that mean the same as an allowed one; landmarks become plain blocks, since the landmarks are our page's. */
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

/** Elements that are worth nothing without an attribute: a link to nowhere, a picture without an address. */
export const droppedWithoutAttributes: ReadonlySet<string> = new Set(['a', 'img', 'source']);
