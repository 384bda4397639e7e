import { minuteMs } from '../src/domain/durations.ts';

const words =
  'harbour council river season bridge market station weather library garden engine signal valley record school museum ferry orchard tunnel festival'.split(
    ' ',
  );

/** Pseudo-random numbers in [0, 1), the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** An RSS document of about `bytes` bytes with typical markup: paragraphs, links, images, entities. */
export function feedDocument(bytes: number, seed = 1): Uint8Array {
  const random = numbers(seed);
  const word = (): string => words[Math.floor(random() * words.length)] ?? '';
  const sentence = (): string => `The ${word()} near the ${word()} ${word()} met the ${word()} &amp; the ${word()}. `;
  const parts = [
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Example</title><link>https://www.example.org/</link>',
  ];
  for (let size = 0, index = 0; size < bytes; index += 1) {
    const link = `https://www.example.org/${word()}/${index}`;
    const paragraphs = Array.from(
      { length: 6 },
      () => `<p>${sentence()}${sentence()}<a href="/${word()}">${word()}</a> ${sentence()}</p>`,
    );
    const html = `<img src="/pictures/${index}.jpg" width="640" height="360" alt="${word()}">${paragraphs.join('\n')}`;
    const item = `<item><title>${word()} ${word()} ${index}</title><link>${link}</link><guid>${link}</guid><dc:creator>A. Writer</dc:creator><pubDate>${new Date(1_770_000_000_000 + index * minuteMs).toUTCString()}</pubDate><category>${word()}</category><description>${sentence()}</description><content:encoded><![CDATA[${html}]]></content:encoded></item>`;
    parts.push(item);
    size += item.length;
  }
  parts.push('</channel></rss>');
  return Buffer.from(parts.join('\n'));
}
