import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type AllowedOrigins, isOriginAllowed } from '../../../../src/web/live/websocket/websocket-server.ts';

const host = 'news.example.org';

function mayOpen(
  headers: IncomingHttpHeaders,
  allowedOrigins: AllowedOrigins['allowedOrigins'],
  publicUrl = 'http://127.0.0.1:3000',
) {
  return isOriginAllowed(headers, { allowedOrigins, publicUrl });
}

describe('isOriginAllowed', () => {
  it('allows a client that is not a browser', () => {
    expect(mayOpen({ host }, null)).toBe(true);
    expect(mayOpen({ host }, ['https://other.example.org'])).toBe(true);
  });

  it('refuses a cookie without an origin', () => {
    expect(mayOpen({ host, cookie: 'a=b' }, '*')).toBe(false);
  });

  describe('for pages of our own host', () => {
    it.each([
      ['https://news.example.org', 'news.example.org'],
      ['http://news.example.org', 'NEWS.example.org'],
      ['https://news.example.org', 'news.example.org:443'],
      ['http://news.example.org:8080', 'news.example.org:8080'],
      ['http://[::1]:3000', '[::1]:3000'],
    ])('allows %s at %s', (origin, at) => {
      expect(mayOpen({ host: at, origin }, null)).toBe(true);
    });

    it.each([
      ['https://evil.example.com', host],
      ['https://news.example.org.evil.example.com', host],
      ['https://evil.example.com/news.example.org', host],
      ['https://news.example.org@evil.example.com', host],
      ['https://news.example.org:8443', host],
      ['https://news.example.org/', host],
      ['https://someone@news.example.org', host],
      ['http://news.example.org', 'news.example.org:443'],
      ['null', host],
      ['null', 'null'],
      ['', ''],
      ['https://', ''],
      ['https://news.example.org, https://evil.example.com', host],
    ])('refuses %s at %s', (origin, at) => {
      expect(mayOpen({ host: at, origin }, null)).toBe(false);
    });
  });

  describe('for pages of our public URL', () => {
    const publicUrl = 'https://news.example.org';

    it.each([
      [publicUrl, host],
      [publicUrl, 'news.example.org:443'],
      [publicUrl, '10.0.0.1:3000'],
      ['http://10.0.0.1:3000', '10.0.0.1:3000'],
    ])('allows %s at %s', (origin, at) => {
      expect(mayOpen({ host: at, origin }, null, publicUrl)).toBe(true);
    });

    it.each([
      ['http://news.example.org', host],
      ['http://news.example.org:443', 'news.example.org:443'],
      ['https://evil.example.com', '10.0.0.1:3000'],
    ])('refuses %s at %s, which has another scheme', (origin, at) => {
      expect(mayOpen({ host: at, origin }, null, publicUrl)).toBe(false);
    });
  });

  describe('for named origins', () => {
    const allowed = ['https://app.example.org', 'http://localhost:5173'];

    it.each(allowed)('allows %s', (origin) => {
      expect(mayOpen({ host, origin }, allowed)).toBe(true);
    });

    it.each([
      'https://news.example.org',
      'http://app.example.org',
      'https://app.example.org:444',
      'https://APP.example.org',
      'https://app.example.org/',
      'null',
    ])('refuses %s', (origin) => {
      expect(mayOpen({ host, origin }, allowed)).toBe(false);
    });
  });

  it('allows every page when all origins are allowed', () => {
    expect(mayOpen({ host, origin: 'https://evil.example.com' }, '*')).toBe(true);
    expect(mayOpen({ host, origin: 'null' }, '*')).toBe(true);
  });
});
