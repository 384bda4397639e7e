import { describe, expect, it } from 'vitest';
import { countsAsRead } from '../../../src/web/pages/item-route.tsx';

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

function counts(headers: Record<string, string>, method = 'GET'): boolean {
  return countsAsRead(method, (name) => ({ 'user-agent': firefox, ...headers })[name]);
}

describe('countsAsRead', () => {
  it.each([
    {},
    { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' },
    { 'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1' },
    { 'user-agent': 'Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2)' },
    { 'user-agent': 'Opera/9.80 (Windows NT 6.1) Presto/2.12.388' },
    { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/153.0.0.0 Safari/537.36' },
  ])('counts a browser that opens the page: %o', (headers) => {
    expect(counts(headers)).toBe(true);
  });

  it.each([
    { 'sec-purpose': 'prefetch' },
    { 'sec-purpose': 'prefetch;prerender' },
    { purpose: 'prefetch' },
    { 'x-moz': 'prefetch' },
    { 'sec-fetch-dest': 'empty' },
    { 'sec-fetch-dest': 'iframe' },
  ])('does not count a prefetch or a request for something else than a document: %o', (headers) => {
    expect(counts(headers)).toBe(false);
  });

  it.each([
    '',
    'curl/8.15.0',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 (Linux; Android 6.0.1) AppleWebKit/537.36 Chrome/140 Mobile Safari/537.36 (compatible; bingbot/2.0)',
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; +https://openai.com/gptbot)',
    'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
    'Mozilla/5.0 (compatible; Example/1.0)',
    'Mozilla/5.0 (Macintosh) Chrome-Lighthouse',
    'python-requests/2.32',
    'Feedly/1.0 (+http://www.feedly.com/fetcher.html)',
  ])('does not count a robot or another program: %s', (agent) => {
    expect(counts({ 'user-agent': agent })).toBe(false);
  });

  it('does not count a HEAD', () => {
    expect(counts({}, 'HEAD')).toBe(false);
  });
});
