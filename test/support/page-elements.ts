import { Parser } from 'htmlparser2';
import type { TestApp } from './web/test-app.ts';

/** An element of a page. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Text content, whitespace collapsed. */
  text: string;
}

const blocks = new Set(['p', 'li', 'h1', 'h2', 'td', 'th', 'dt', 'dd']);

/** Every element of a page in document order. */
function parseElements(html: string): Element[] {
  const all: Element[] = [];
  const open: Element[] = [];
  const parser = new Parser({
    onopentag(name, attributes) {
      const element = { name, attributes, text: '' };
      all.push(element);
      open.push(element);
    },
    ontext(text) {
      for (const element of open) element.text += text;
    },
    onclosetag(name) {
      open.pop();
      if (blocks.has(name)) for (const element of open) element.text += ' ';
    },
  });
  parser.write(html);
  parser.end();
  for (const element of all) element.text = element.text.replace(/\s+/g, ' ').trim();
  return all;
}

/** Requests a page and parses its elements. */
export async function getPage(app: TestApp, path: string) {
  const response = await app.get(path);
  const html = await response.text();
  const all = parseElements(html);
  const byClass = (name: string) => all.filter((one) => (one.attributes['class'] ?? '').split(' ').includes(name));
  const byName = (name: string) => all.filter((one) => one.name === name);
  const textOf = (name: string) => byName(name).map(({ text }) => text);
  return { response, html, all, byClass, byName, textOf };
}
