import { type Balanced, BalancedHtml } from '../../src/normalise/html/balance.ts';

/** Balances HTML whose attributes are quoted and that has no `<` or `>` but those of tags. */
export function balance(html: string, maxBytes: number): Balanced {
  const out = new BalancedHtml(maxBytes);
  const pieces = html.matchAll(/<(\/?)([a-z][a-z0-9]*)([^<>]*?)(?: ?\/)?>|[^<]+/g);
  for (const [piece, slash, name, attributes = ''] of pieces) {
    if (name === undefined) out.text(piece);
    else if (slash === '/') out.end(name);
    else out.start(name, attributes);
  }
  return out.finish();
}
