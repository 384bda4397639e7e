import { describe, expect, it } from 'vitest';
import { looksLikeStaff, nameSkeleton } from '../../../src/domain/comments/staff-names.ts';

describe('looksLikeStaff', () => {
  it.each([
    'admin',
    'Admin',
    'ADMIN',
    'Аdmin',
    'аdmіn',
    'ⓐⓓⓜⓘⓝ',
    'ａｄｍｉｎ',
    'adm1n',
    '@dmin',
    'a.d.m.i.n',
    'A d m i n',
    'ad\u200bmin',
    'admín',
    'admin2',
    'admin 42',
    'the moderator',
    'Site Editor',
    'editors',
    'adrnin',
    'ᎪꓓᎷІΝ',
    'ꓮꓓꓟꓲꓠ',
    'ѕυρрοrт',
    '𝓂ℴ𝒹ℯ𝓇𝒶𝓉ℴ𝓇',
    'ЅТАFF',
    'ЕDІТОR',
    'Νеԝѕԝіrе',
    'ꓠꓰꓪꓢꓪꓲꓣꓰ',
    'Модератор',
    'Newswire',
    'newswire team',
    'The Daily Example',
    'Тhе Dаilу Ехаmрlе',
    'the-daily-example editor',
  ])('recognises %s as a staff name', (name) => {
    expect(looksLikeStaff(name, 'The Daily Example')).toBe(true);
  });

  it.each([
    'Ann',
    'Badminton fan',
    'Sven Adminssen',
    'Иван Петров',
    'Ελένη',
    '李雷',
    'Daily reader',
    'Edith Orr',
    '__proto__',
    'supporter of Leeds',
    '🙂',
  ])('accepts %s as the name of a reader', (name) => {
    expect(looksLikeStaff(name, 'The Daily Example')).toBe(false);
  });

  it('does not protect a site title that is as short as a common name', () => {
    expect(looksLikeStaff('Bo', 'Bo')).toBe(false);
  });
});

describe('nameSkeleton', () => {
  it('is equal for names that look alike', () => {
    expect(nameSkeleton('раураl')).toBe(nameSkeleton('paypal'));
    expect(nameSkeleton('rnodern')).toBe(nameSkeleton('modem'));
    expect(nameSkeleton('I1l|')).toBe('iiii');
  });
});
