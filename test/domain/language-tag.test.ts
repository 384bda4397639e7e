import { describe, expect, it } from 'vitest';
import { languageTag } from '../../src/domain/language-tag.ts';

describe('languageTag', () => {
  const tags: [string | null, string | null][] = [
    ['en', 'en'],
    ['EN-us', 'en-US'],
    ['pt_BR', 'pt-BR'],
    ['zh-hant-tw', 'zh-Hant-TW'],
    ['sl-ROZAJ-biske', 'sl-biske-rozaj'],
    [' de ', 'de'],
    [null, null],
    ['', null],
    ['english', null],
    ['en-', null],
    ['en-us-a-b-c-d-e', null],
    ['es-419', 'es-419'],
    ['english please', null],
    ['<b>', null],
    ['e', null],
  ];
  it.each(tags)('turns %j into %j', (text, expected) => {
    expect(languageTag(text)).toBe(expected);
  });
});
