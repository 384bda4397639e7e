import { between, pick, type Random } from './random.ts';
import type { StoryTemplate } from './story-template.ts';

const towns = [
  'Port Verrin',
  'Eastmarch',
  'Calderholt',
  'Tamselford',
  'Brackenmoor',
  'Marrowdale',
  'Westhallow',
  'Nine Bridges',
  'Quillhaven',
  'Saltmere',
  'Orrin Cross',
  'Lower Fennick',
];
const regions = [
  'the Northern Lakes',
  'the Tarrow Valley',
  'the Outer Skerries',
  'the High Fells',
  'the Delta Districts',
  'the Amber Coast',
  'the Inland Plateau',
  'the Three Rivers',
];

/** What stands in a story's slots, by their names. */
export type SlotValues = Readonly<Record<string, string>>;

/** Chooses places and numbers for a story. */
export function chooseSlotValues(template: StoryTemplate, random: Random): SlotValues {
  const town = pick(random, towns);
  const other = pick(
    random,
    towns.filter((name) => name !== town),
  );
  const fills: Record<string, string> = { town, other, region: pick(random, regions) };
  for (const [name, [least, most]] of Object.entries(template.numbers ?? {})) {
    fills[name] = formatNumber(name, between(random, least, most));
  }
  return fills;
}

/** The same places, and one number that is another. Null: the story has no number that could have been wrong. */
export function correctSlotValues(template: StoryTemplate, fills: SlotValues, random: Random): SlotValues | null {
  const names = Object.keys(template.numbers ?? {});
  if (names.length === 0) return null;
  const name = pick(random, names);
  const [least, most] = template.numbers?.[name] ?? [0, 1];
  const before = Number((fills[name] ?? '').replace(',', ''));
  const after = between(random, least, most - 1);
  return { ...fills, [name]: formatNumber(name, after >= before ? after + 1 : after) };
}

/** A text with its slots filled, with a capital letter in front. */
export function fillTemplate(text: string, fills: SlotValues): string {
  const filled = text.replace(/\{(\w+)\}/g, (slot, name: string) => fills[name] ?? slot);
  return filled.charAt(0).toUpperCase() + filled.slice(1);
}

/** `9,500`; a year stays as it is. */
function formatNumber(name: string, value: number): string {
  return name === 'year' ? String(value) : value.toLocaleString('en-GB');
}
