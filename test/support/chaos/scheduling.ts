import { type ChaosCase, document, goodDocument, laterDocument, many, numbered, rss } from './chaos-case.ts';

const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

const never = [
  '<ttl>999999</ttl>',
  `<skipHours>${many(24, (n) => `<hour>${n - 1}</hour>`)}</skipHours>`,
  `<skipDays>${days.map((day) => `<day>${day}</day>`).join('')}</skipDays>`,
].join('');

/** Publishers that forbid polls, and hosts with more sources than can be polled. */
export const schedulingCases: Readonly<Record<string, ChaosCase>> = {
  H68: {
    what: 'hints that ask for years',
    variants: {
      hints: () => [
        document(rss(numbered(1), never), { 'Cache-Control': 'max-age=315360000' }),
        document(laterDocument, { 'Cache-Control': 'max-age=315360000' }),
      ],
    },
  },
  H78: {
    what: '200 hosts with 50 sources each that never respond',
    variants: { stall: () => [{ raw: '', after: 'hang' }] },
  },
  H79: { what: 'one host with 5,000 sources', variants: { crowd: () => [document(goodDocument)] } },
};
