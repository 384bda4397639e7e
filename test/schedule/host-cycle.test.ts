import { describe, expect, it } from 'vitest';
import { hostCycles } from '../../src/schedule/host-cycle.ts';

const sources = [
  ...Array.from({ length: 5_000 }, (_, n) => ({ url: `https://big.example.org/${n}` })),
  { url: 'https://small.example.org/feed' },
  { url: 'file:///feeds/welcome.xml' },
  { url: 'not a url' },
];

describe('hostCycles', () => {
  const cycleOf = hostCycles(sources, 1_000);

  it('multiplies the gap by the number of sources of the host', () => {
    expect(cycleOf('https://big.example.org/7')).toBe(5_000_000);
    expect(cycleOf('https://small.example.org/feed')).toBe(1_000);
  });

  it('is zero for local files and hosts without sources', () => {
    expect(cycleOf('file:///feeds/welcome.xml')).toBe(0);
    expect(cycleOf('https://adopted.example.com/feed')).toBe(0);
    expect(cycleOf('not a url')).toBe(0);
  });
});
