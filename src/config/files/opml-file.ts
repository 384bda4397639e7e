import type { ProblemList } from '../problems/problem-list.ts';
import { type FileDeclarations, noDeclarations, type SourceEntry } from './file-declarations.ts';
import { type OpmlOutline, readOpml } from './read-opml.ts';

/**
 * Reads an OPML file of FEEDS_DIR. Other programs write these files, so an outline that cannot be a source is a warning
 * and the others are used. A file that is not a complete OPML document is an error: it may be half written.
 *
 * `${NAME}` is not resolved: OPML files often come from third parties, who could otherwise have secrets of the environment
 * sent to an address of theirs.
 */
export function readOpmlFile(
  file: { readonly name: string; readonly text: string },
  problems: ProblemList,
): FileDeclarations {
  const document = readOpml(file.text);
  if (document.kind === 'invalid') {
    const { line, what, remedy } = document;
    problems.add({ where: `${file.name}:${line}`, what, remedy });
    return noDeclarations;
  }
  const sources = document.outlines.flatMap((outline) => {
    const where = `${file.name}:${outline.line}`;
    if (outline.unusable === null) return toEntry(outline, where);
    problems.warn({ where, what: `an outline ${outline.unusable}`, remedy: 'Correct or remove the outline' });
    return [];
  });
  return { ...noDeclarations, sources };
}

function toEntry({ url, title, section }: OpmlOutline, where: string): SourceEntry {
  return {
    fields: { url, title, section },
    rawUrl: url,
    urlReferences: { masked: url, secrets: [] },
    where,
    positionOf: () => where,
    isOutline: true,
  };
}
