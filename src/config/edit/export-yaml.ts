import { parseDocument, stringify } from 'yaml';
import type { Declarations, Source } from '../../domain/polling/source.ts';
import type { DeclarationFiles } from '../files/declaration-files.ts';
import { decodeText } from '../files/decode-text.ts';
import { literalText } from './insert-sources.ts';

/**
 * Combines all declarations of a folder into the text of one YAML file. Values are written as in the files: `${NAME}` is not
 * resolved. Comments are not kept. The outlines of OPML files become sources.
 *
 * @param files a valid folder.
 * @param declarations the declarations of these files.
 */
export function exportYaml(files: DeclarationFiles, declarations: Declarations): string {
  const all = { site: null as unknown, sections: [] as unknown[], sources: [] as unknown[], webhooks: [] as unknown[] };
  for (const [name, file] of files) {
    if (/\.opml$/i.test(name)) {
      all.sources.push(...declarations.sources.filter(({ declaredAt }) => isIn(name, declaredAt)).map(toFields));
    } else if (file.kind === 'read') {
      const values = valuesOf(decodeText(file.bytes, { xml: false }) ?? '');
      all.site ??= values['site'] ?? null;
      for (const key of ['sections', 'sources', 'webhooks'] as const) all[key].push(...listOf(values[key]));
    }
  }
  const written = Object.entries(all).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  const comment = '# Exported from the declarations of Newswire.\n';
  return `${comment}${stringify(Object.fromEntries(written), { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function isIn(name: string, declaredAt: string): boolean {
  return declaredAt.startsWith(`${name}:`) && /^\d+$/.test(declaredAt.slice(name.length + 1));
}

function valuesOf(text: string): Readonly<Record<string, unknown>> {
  const values: unknown = parseDocument(text, { stringKeys: true }).toJS();
  return typeof values === 'object' && values !== null ? { ...values } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The settings that an outline can have. */
function toFields({ url, title, section, headers }: Source): object {
  const written = Object.entries(headers).map(([name, value]) => [name, literalText(value)]);
  return {
    url: literalText(url),
    ...(title === null ? {} : { title: literalText(title) }),
    section: literalText(section),
    ...(written.length === 0 ? {} : { headers: Object.fromEntries(written) }),
  };
}
