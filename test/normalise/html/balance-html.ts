import { type BalancedHtml, BalancedHtmlWriter } from '../../../src/normalise/html/balanced-html-writer.ts';

/** Balances HTML whose attributes are quoted and whose only `<` and `>` are those of tags. */
export function balance(html: string, maxBytes: number): BalancedHtml {
  const out = new BalancedHtmlWriter(maxBytes);
  const pieces = html.matchAll(/<(\/?)([a-z][a-z0-9]*)([^<>]*?)(?: ?\/)?>|[^<]+/g);
  for (const [piece, slash, name, attributes = ''] of pieces) {
    if (name === undefined) out.text(piece);
    else if (slash === '/') out.endTag(name);
    else out.startTag(name, attributes);
  }
  return out.finish();
}
