import { between, pick, type Random, seededRandom } from './random.ts';

const width = 480;
const height = 270;
const ridges = 4;

type Colour = readonly [number, number, number];

/** The colours of the upper sky, of the horizon and of the nearest ridge. */
const palettes = [
  '3a6096 eeceaa 1c2e3e',
  '78a0c4 e8eef0 2c483c',
  '2c2854 e2846e 1a162c',
  '58888c f6e6be 3a322c',
  '96aabe d8dcde 465460',
].map((palette) => palette.split(' ').map(parseColour));

/** Draws a small landscape as an SVG image, the same for the same seed: hazy hills under a sky with a sun. */
export function drawPicture(seed: number): string {
  const random = seededRandom(seed);
  const [top = black, horizon = black, near = black] = pick(random, palettes);
  const [x, y, radius] = [between(random, 60, width - 60), between(random, 40, 120), between(random, 14, 26)];
  const hills = Array.from({ length: ridges }, (_, index) => {
    const colour = blend(horizon, near, (index + 1) / ridges);
    return `<path d="M0 ${height}${ridge(random, index)}V${height}" fill="${colour}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
<linearGradient id="sky" x2="0" y2="1">
<stop stop-color="${blend(top, top, 0)}"/><stop offset="0.7" stop-color="${blend(horizon, horizon, 0)}"/>
</linearGradient>
<rect width="${width}" height="${height}" fill="url(#sky)"/>
<circle cx="${x}" cy="${y}" r="${radius}" fill="#fff6dc"/>
${hills.join('\n')}
</svg>
`;
}

/** The line of a ridge from left to right. Nearer ridges are lower in the image. */
function ridge(random: Random, index: number): string {
  const base = height * (0.45 + index * 0.14);
  const waves = Array.from({ length: 3 }, (_, wave) => ({
    size: (16 - index) / (wave + 1),
    length: between(random, 60, 160) / (wave + 1),
    shift: random() * 100,
  }));
  const yAt = (x: number): number =>
    waves.reduce((sum, { size, shift, length }) => sum + size * Math.sin((x + shift) / length), base);
  return Array.from({ length: width / 4 + 1 }, (_, step) => `L${step * 4} ${yAt(step * 4).toFixed(1)}`).join('');
}

const black: Colour = [0, 0, 0];

function parseColour(hex: string): Colour {
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}

function blend(from: Colour, to: Colour, share: number): string {
  return `rgb(${from.map((part, index) => Math.round(part + ((to[index] ?? 0) - part) * share)).join(' ')})`;
}
