import { describe, expect, it } from 'vitest';
import { feedPolicy } from '../../../../src/web/http/security/security-headers.ts';
import { type StoreApp, withStoreApp } from '../../../support/web/store-app.ts';

const adminToken = 'a-token-of-the-operator';
const fillings: Readonly<Record<string, string>> = {
  ':id/comments': '1/comments',
  '/items/:id': '/items/1',
  '/sources/:id': '/sources/a',
  ':section': 'world',
  ':version/:file{.+}': 'x/assets/newswire.css',
  ':id': '1',
};

/** The URL of every route with parameters, and of an unknown one. */
function addresses({ routes }: StoreApp): { method: string; path: string }[] {
  const known = routes
    .filter(({ path }) => !path.includes('*') && path !== '/events')
    .map(({ method, path }) => ({
      method: method === 'ALL' ? 'GET' : method,
      path: Object.entries(fillings).reduce((filled, [name, value]) => filled.replace(name, value), path),
    }));
  const unknown = [
    '/nope',
    '/items/999',
    '/items/x',
    '/api/nope',
    '/sections/nope',
    '/sources/nope/feed.rss',
    '/admin/nope',
  ];
  return [
    ...known,
    ...unknown.map((path) => ({ method: 'GET', path })),
    { method: 'DELETE', path: '/' },
    { method: 'POST', path: '/items/1/comments' },
  ];
}

const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' https:",
  'media-src https:',
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
];

function faultsOf({ headers }: Response): string[] {
  const policy = headers.get('content-security-policy') ?? '';
  const wanted: Record<string, string> = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'strict-transport-security': 'max-age=31536000',
  };
  const wrong = Object.entries(wanted).flatMap(([name, value]) => (headers.get(name) === value ? [] : [name]));
  const features = headers.get('permissions-policy') ?? '';
  if (!['camera=()', 'geolocation=()', 'microphone=()', 'payment=()'].every((one) => features.includes(one))) {
    wrong.push('permissions-policy');
  }
  if (!/^(same|cross)-origin$/.test(headers.get('cross-origin-resource-policy') ?? '')) wrong.push('CORP');
  if (/unsafe|\*|data:|http:/.test(policy)) wrong.push(`loose policy: ${policy}`);
  const type = headers.get('content-type') ?? '';
  if (type.startsWith('text/html')) {
    wrong.push(...pagePolicy.filter((part) => !policy.split('; ').includes(part)).map((part) => `no ${part}`));
  } else if (!policy.startsWith("default-src 'none'") && policy !== feedPolicy) {
    wrong.push(`policy: ${policy}`);
  }
  return wrong;
}

describe('the security headers', () => {
  it('are on every response, signed in or not', () =>
    withStoreApp({ adminToken }, async (app) => {
      const signedIn = await app.request('/admin/sign-in', { form: { token: adminToken } });
      const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
      const all = addresses(app);
      const faults: string[] = [];
      let pages = 0;
      for (const { method, path } of all) {
        for (const headers of [{}, { cookie }]) {
          const response = await app.request(
            path,
            method === 'POST' ? { form: { name: 'x' }, headers } : { method, headers },
          );
          if (response.headers.get('content-type')?.startsWith('text/html')) pages += 1;
          faults.push(...faultsOf(response).map((fault) => `${method} ${path} (${response.status}): ${fault}`));
        }
      }
      expect(faults).toEqual([]);
      expect(all.length).toBeGreaterThan(35);
      expect(pages).toBeGreaterThan(20);
    }));

  it('keep personal responses out of caches', () =>
    withStoreApp({ adminToken }, async (app) => {
      const signedIn = await app.request('/admin/sign-in', { form: { token: adminToken } });
      const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
      for (const path of ['/admin', '/admin/comments']) {
        const response = await app.request(path, { headers: path === '/admin' ? {} : { cookie } });
        expect(response.headers.get('cache-control')).toBe('no-store');
        expect(response.headers.get('access-control-allow-origin')).toBeNull();
      }
      const refused = await app.request(`/items/${app.item}/comments`, { form: { token: 'x' } });
      expect(refused.headers.get('cache-control')).toBe('no-store');
    }));
});
