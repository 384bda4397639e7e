import { crc32, deflateSync } from 'node:zlib';
import { between, pick, type Random, seededRandom } from './random.ts';

const width = 480;
const height = 270;
const ridges = 4;

type Colour = readonly [number, number, number];

/** The colours of the upper sky, of the horizon and of the nearest ridge. */
const palettes: readonly (readonly [Colour, Colour, Colour])[] = [
  [
    [58, 96, 150],
    [238, 206, 170],
    [28, 46, 62],
  ],
  [
    [120, 160, 196],
    [232, 238, 240],
    [44, 72, 60],
  ],
  [
    [44, 40, 84],
    [226, 132, 110],
    [26, 22, 44],
  ],
  [
    [88, 136, 140],
    [246, 230, 190],
    [58, 50, 44],
  ],
  [
    [150, 170, 190],
    [216, 220, 222],
    [70, 84, 96],
  ],
];

/** Draws a small landscape as a PNG file, the same for the same seed: hazy hills under a sky with a sun. */
export function drawPicture(seed: number): Uint8Array {
  const random = seededRandom(seed);
  const [top, horizon, near] = pick(random, palettes);
  const sun = { x: between(random, 60, width - 60), y: between(random, 40, 120), radius: between(random, 14, 26) };
  const hills = Array.from({ length: ridges }, (_, index) => ridge(random, index));
  const rows = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const hill = hills.findLastIndex((line) => y > (line[x] ?? height));
      const isSun = hill === -1 && Math.hypot(x - sun.x, y - sun.y) < sun.radius;
      const sky = isSun ? ([255, 246, 220] as const) : blend(top, horizon, y / (height * 0.7));
      const colour = hill === -1 ? sky : blend(horizon, near, (hill + 1) / ridges);
      rows.set(colour, y * (width * 3 + 1) + 1 + x * 3);
    }
  }
  return encodePng(rows);
}

/** The y coordinate of a ridge at each column. Nearer ridges are lower in the image. */
function ridge(random: Random, index: number): readonly number[] {
  const base = height * (0.45 + index * 0.14);
  const waves = Array.from({ length: 3 }, (_, wave) => ({
    size: (16 - index) / (wave + 1),
    length: between(random, 60, 160) / (wave + 1),
    shift: random() * 100,
  }));
  return Array.from({ length: width }, (_, x) =>
    waves.reduce((sum, wave) => sum + wave.size * Math.sin((x + wave.shift) / wave.length), base),
  );
}

function blend(from: Colour, to: Colour, share: number): Colour {
  const at = Math.min(1, Math.max(0, share));
  const mix = (a: number, b: number): number => Math.round(a + (b - a) * at);
  return [mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2])];
}

/** PNG, third edition, §11: header, one compressed block of unfiltered rows, end. */
function encodePng(rows: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits per channel, true colour.
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const length = Buffer.alloc(4);
  const checksum = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}
