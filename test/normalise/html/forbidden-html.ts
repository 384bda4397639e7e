import { Parser } from 'htmlparser2';

/**
 * The elements and attributes of clean HTML. Independent of the allow-list on purpose: a change must be made in both.
 * `null` accepts any value of at most 1 KB.
 */
const elements: Readonly<Record<string, Readonly<Record<string, RegExp | null>>>> = {
  a: {
    href: /^(?:https?:\/\/|mailto:|tel:)/,
    rel: /^noopener noreferrer nofollow ugc$/,
    referrerpolicy: /^no-referrer$/,
  },
  abbr: { title: null },
  audio: { src: /^https?:\/\//, controls: /^$/, preload: /^none$/ },
  bdi: { dir: /^(?:ltr|rtl|auto)$/ },
  bdo: { dir: /^(?:ltr|rtl|auto)$/ },
  col: { span: /^[1-9]\d{0,2}$/ },
  colgroup: { span: /^[1-9]\d{0,2}$/ },
  dfn: { title: null },
  div: { dir: /^(?:ltr|rtl|auto)$/, lang: /^[a-z-0-9]+$/ },
  img: {
    src: /^https?:\/\//,
    srcset: /^https?:\/\/\S+(?: [\d.]+[wx])?(?:, https?:\/\/\S+(?: [\d.]+[wx])?)*$/,
    alt: null,
    title: null,
    width: /^[1-9]\d{0,4}$/,
    height: /^[1-9]\d{0,4}$/,
    loading: /^lazy$/,
    decoding: /^async$/,
    referrerpolicy: /^no-referrer$/,
  },
  li: { value: /^[1-9]\d{0,4}$/ },
  ol: { start: /^[1-9]\d{0,4}$/, reversed: /^$/ },
  p: { dir: /^(?:ltr|rtl|auto)$/, lang: /^[a-z-0-9]+$/ },
  source: { src: /^https?:\/\//, srcset: /^https?:\/\//, type: /^[a-z]+\/[\w.+-]+$/ },
  span: { dir: /^(?:ltr|rtl|auto)$/, lang: /^[a-z-0-9]+$/ },
  td: { colspan: /^[1-9]\d{0,2}$/, rowspan: /^[1-9]\d{0,3}$/ },
  th: { colspan: /^[1-9]\d{0,2}$/, rowspan: /^[1-9]\d{0,3}$/, scope: /^(?:row|col|rowgroup|colgroup)$/ },
  time: { datetime: /^[\w:.,+ -]+$/ },
  video: {
    src: /^https?:\/\//,
    poster: /^https?:\/\//,
    width: /^[1-9]\d{0,4}$/,
    height: /^[1-9]\d{0,4}$/,
    controls: /^$/,
    preload: /^none$/,
  },
  ...Object.fromEntries(
    (
      'b blockquote br caption cite code dd del details dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i ins kbd mark ' +
      'picture pre q rp rt ruby s samp small strong sub summary sup table tbody tfoot thead tr u ul var wbr'
    )
      .split(' ')
      .map((name) => [name, {}]),
  ),
};
const voids = new Set(['br', 'col', 'hr', 'img', 'source', 'wbr']);

/** A description of everything forbidden in `html`; empty if it is clean. */
export function findForbidden(html: string): string[] {
  const found: string[] = [];
  const parser = new Parser({
    onopentag(name, attributes) {
      const allowed = Object.hasOwn(elements, name) ? elements[name] : undefined;
      if (allowed === undefined) found.push(`<${name}>`);
      for (const [attribute, value] of Object.entries(attributes)) {
        const rule = allowed !== undefined && Object.hasOwn(allowed, attribute) ? allowed[attribute] : undefined;
        const fits = rule === null ? value.length <= 1024 : rule?.test(value);
        if (fits !== true) found.push(`<${name} ${attribute}="${value.slice(0, 80)}">`);
      }
    },
    oncomment: (text) => found.push(`<!--${text}-->`),
    onprocessinginstruction: (name) => found.push(`<${name}>`),
  });
  parser.end(html);
  return [...found, ...unbalanced(html), ...controls(html)];
}

/** End tags must match start tags exactly, so that no tag can close an element around the content. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  for (const [tag, slash, name = ''] of html.matchAll(/<(\/?)([^\s<>/]*)[^<>]*>/g)) {
    if (slash === '/' && open.pop() !== name) return [`unbalanced ${tag}`];
    if (slash === '' && !voids.has(name)) open.push(name);
  }
  const stray = html.replace(/<\/?[a-z][^<>]*>/g, '').match(/[<>]/);
  return [...open.map((name) => `unclosed <${name}>`), ...(stray === null ? [] : ['a stray angle bracket'])];
}

function controls(html: string): string[] {
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff\u202d\u202e]/.test(html)
    ? ['a control character']
    : [];
}
