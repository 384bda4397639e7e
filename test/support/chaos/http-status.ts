import { afterGood, type ChaosCase, document, good, goodDocument, laterDocument } from './chaos-case.ts';

const throttled = (status: number, retryAfter: string) => ({ status, headers: { 'Retry-After': retryAfter } });
/** Characters whose low bytes are a line break and a header. */
const lookalike = Buffer.from('\u560d\u560aX-Injected: 1').toString('latin1');

/** Responses that misuse a status, a validator or Retry-After. */
export const httpStatusCases: Readonly<Record<string, ChaosCase>> = {
  H28: {
    what: 'validators that cannot be sent back',
    variants: {
      '8 KB': afterGood(document(laterDocument, { ETag: `"${'e'.repeat(8_192)}"` })),
      'looks like CR and LF': afterGood(document(laterDocument, { ETag: `"${lookalike}"` })),
      two: () => [
        good,
        { headers: { ETag: ['"one"', '"two"'], 'Content-Type': 'application/xml' }, body: laterDocument },
      ],
    },
  },
  H29: {
    what: '304 in response to an unconditional request',
    variants: {
      'never read': () => [{ status: 304 }],
      'without validators': () => [document(goodDocument), { status: 304 }],
    },
  },
  H31: {
    what: 'the same ETag on another body',
    variants: { reused: afterGood(document(laterDocument, { ETag: '"good"' })) },
  },
  H32: {
    what: 'another ETag each time on the same body',
    variants: {
      changing: () => {
        let answers = 0;
        return [
          () => {
            answers += 1;
            return document(goodDocument, { ETag: `"edition-${answers}"` });
          },
        ];
      },
    },
  },
  H33: { what: '429 with Retry-After of a day', variants: { day: afterGood(throttled(429, '86400'), good) } },
  H34: { what: '429 with Retry-After of a second, each time', variants: { second: afterGood(throttled(429, '1')) } },
  H35: {
    what: '503 with an invalid Retry-After',
    variants: {
      'year 9999': afterGood(throttled(503, 'Fri, 31 Dec 9999 23:59:59 GMT'), good),
      past: afterGood(throttled(503, 'Sat, 01 Jan 2000 00:00:00 GMT'), good),
    },
  },
  H36: { what: '410 once, then 200', variants: { once: afterGood({ status: 410 }, document(laterDocument)) } },
  H37: { what: '410 at every request', variants: { gone: afterGood({ status: 410 }) } },
  H38: {
    what: '404 for sixty days, then 200',
    // The test decides when the sixty days are over.
    variants: { long: afterGood({ status: 404 }) },
  },
  H39: {
    what: "403 with a shield's challenge",
    variants: {
      challenge: afterGood({
        status: 403,
        headers: { 'cf-mitigated': 'challenge', 'Content-Type': 'text/html' },
        body: '<!doctype html><title>Just a moment...</title>',
      }),
    },
  },
};
