import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { describeSettings } from '../../src/config/environment/environment.ts';
import { alertSchema } from '../../src/config/schema/alert-schema.ts';
import { listSchema } from '../../src/config/schema/list-schema.ts';
import { helpAt, keysAt } from '../../src/config/schema/setting-help.ts';
import { siteSchema } from '../../src/config/schema/site-schema.ts';
import { sourceSchema } from '../../src/config/schema/source-schema.ts';
import { webhookSchema } from '../../src/config/schema/webhook-schema.ts';

const manual = readFileSync(new URL('../../docs/OPERATING.md', import.meta.url), 'utf8');

/** The table rows of all settings below a path of a schema. */
function rowsOf(schema: z.ZodType, path: readonly string[] = []): string[] {
  return keysAt(schema, path).flatMap((key) => {
    const help = helpAt(schema, [...path, key]);
    const name = [...path, key].join('.');
    const row = help?.meaning === null ? [] : [`| \`${name}\` | ${help?.default ?? 'required'} | ${help?.meaning} |`];
    return [...row, ...rowsOf(schema, [...path, key])];
  });
}

describe('docs/OPERATING.md', () => {
  it('contains the table of environment variables', () => {
    const rows = describeSettings({}).map(
      ({ name, defaultValue, meaning }) => `| \`${name}\` | ${defaultValue} | ${meaning.replaceAll('*', '\\*')} |`,
    );
    expect(manual).toContain(['| variable | default | meaning |', '|---|---|---|', ...rows, ''].join('\n'));
  });

  it.each<[string, z.ZodType]>([
    ['source', sourceSchema],
    ['remote list', listSchema],
    ['site', siteSchema],
    ['webhook', webhookSchema],
    ['receiver of alerts', alertSchema],
  ])('contains the table of the settings of a %s', (_, schema) => {
    const rows = rowsOf(schema);
    expect(rows.length).toBeGreaterThan(3);
    expect(manual).toContain(['| setting | default | meaning |', '|---|---|---|', ...rows, ''].join('\n'));
  });
});
