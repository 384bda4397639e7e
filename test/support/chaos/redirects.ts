import type { Reply } from '../origin.ts';
import { afterGood, type CaseContext, type ChaosCase, good, laterDocument } from './chaos-case.ts';

/** A redirect; `location` null omits the header. */
function to(status: number, location: string | null): Reply {
  return { status, headers: location === null ? {} : { Location: location } };
}

/** A chain of redirects, each to the next path. */
function chain({ path, origin }: CaseContext, length: number): readonly Reply[] {
  for (let hop = 1; hop <= length; hop += 1) origin.on(`${path}/${hop}`, to(302, `${path}/${hop + 1}`));
  origin.on(`${path}/${length + 1}`, { body: laterDocument });
  return [good, to(302, `${path}/1`)];
}

/** Redirects to no URL, to a forbidden one, or to another one each time. */
export const redirectCases: Readonly<Record<string, ChaosCase>> = {
  H16: {
    what: 'a redirect to itself',
    variants: {
      'A to A': ({ path }) => [good, to(302, path)],
      'A to B to A': ({ path, origin }) => {
        origin.on(`${path}/b`, to(301, path));
        return [good, to(301, `${path}/b`)];
      },
    },
  },
  H17: { what: 'fifty redirects, one after the other', variants: { chain: (place) => chain(place, 50) } },
  H18: {
    what: 'a redirect to a private address',
    variants: {
      metadata: afterGood(to(302, 'http://169.254.169.254/latest/meta-data/')),
      'second hop': ({ path, elsewhere }) => {
        elsewhere.on(path, to(302, 'http://169.254.169.254/'));
        return [good, to(302, `${elsewhere.url}${path}`)];
      },
    },
  },
  H19: { what: 'a redirect to a file', variants: { file: afterGood(to(301, 'file:///etc/passwd')) } },
  H20: {
    what: 'a permanent redirect to another origin, once',
    variants: {
      once: ({ path, elsewhere }) => {
        elsewhere.on(path, { headers: { ETag: '"elsewhere"' }, body: laterDocument });
        return [good, to(301, `${elsewhere.url}${path}`), good];
      },
    },
  },
  H21: {
    what: 'a permanent redirect to another target at each poll',
    variants: {
      flips: ({ path, elsewhere }) => {
        elsewhere.on(`${path}/a`, { body: laterDocument }).on(`${path}/b`, { body: laterDocument });
        const sides = ['a', 'b', 'a', 'b', 'a', 'b'].map((side) => to(301, `${elsewhere.url}${path}/${side}`));
        return [good, ...sides];
      },
    },
  },
  H22: {
    what: 'a permanent redirect without a valid Location',
    variants: {
      empty: afterGood(to(308, '')),
      missing: afterGood(to(308, null)),
      invalid: afterGood(to(308, 'http://')),
    },
  },
  H23: {
    what: 'a redirect to a server that records request headers',
    variants: {
      'at each hop': ({ path, elsewhere }) => {
        elsewhere.on(path, { headers: { 'Set-Cookie': 'id=1' }, body: laterDocument });
        return [good, to(302, `${elsewhere.url}${path}`)];
      },
      'for good': ({ path, elsewhere }) => {
        const tag = '"elsewhere"';
        elsewhere.on(path, ({ headers }) =>
          headers['if-none-match'] === tag ? { status: 304 } : { headers: { ETag: tag }, body: laterDocument },
        );
        return [good, to(301, `${elsewhere.url}${path}`)];
      },
    },
  },
};
