import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readDeclarations } from '../../src/config/read-declarations.ts';

const feeds = fileURLToPath(new URL('../../feeds', import.meta.url));

describe('the shipped feeds folder', () => {
  it('is valid with an empty environment', async () => {
    const { sections, sources } = await readDeclarations(feeds, {});
    expect(sections).toEqual(['World', 'Analytics', 'Technology', 'Science']);
    for (const section of sections) {
      expect(sources.filter((source) => source.section === section).length).toBeGreaterThanOrEqual(4);
    }
    expect(sources.every((source) => /^(?:https|file):/.test(source.url))).toBe(true);
  });

  it('contains a local feed that works without network', async () => {
    const { sources } = await readDeclarations(feeds, {});
    const local = sources.filter((source) => source.url.startsWith('file:'));
    expect(local.map((source) => source.id)).toEqual(['welcome-xml']);
    expect(existsSync(fileURLToPath(local[0]?.url ?? ''))).toBe(true);
  });
});
