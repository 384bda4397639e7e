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

/** The values of the slots of a story by name. */
export type SlotValues = Readonly<Record<string, string>>;

/** Chooses random places and numbers for a story. */
export function chooseSlotValues(template: StoryTemplate, random: Random): SlotValues {
  const town = pick(random, towns);
  const others = towns.filter((name) => name !== town);
  const other = pick(random, others);
  const values: Record<string, string> = { town, other, region: pick(random, regions) };
  for (const [name, [least, most]] of Object.entries(template.numbers ?? {})) {
    values[name] = formatNumber(name, between(random, least, most));
  }
  return values;
}

/** The same values with one number changed; null if the story has no numbers. */
export function correctSlotValues(template: StoryTemplate, values: SlotValues, random: Random): SlotValues | null {
  const names = Object.keys(template.numbers ?? {});
  if (names.length === 0) return null;
  const name = pick(random, names);
  const [least, most] = template.numbers?.[name] ?? [0, 1];
  const before = Number((values[name] ?? '').replace(',', ''));
  const after = between(random, least, most - 1);
  return { ...values, [name]: formatNumber(name, after >= before ? after + 1 : after) };
}

/** Fills the slots of a text and capitalises its first letter. */
export function fillTemplate(text: string, values: SlotValues): string {
  const filled = text.replace(/\{(\w+)\}/g, (slot, name: string) => values[name] ?? slot);
  return filled.charAt(0).toUpperCase() + filled.slice(1);
}

/** `9,500`; a year has no separator. */
function formatNumber(name: string, value: number): string {
  return name === 'year' ? String(value) : value.toLocaleString('en-GB');
}
