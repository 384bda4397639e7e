import { between, pick, type Random } from './random.ts';

/**
 * A story with slots: `{town}`, `{other}`, `{region}` and the names of `numbers`. It has two wordings, because two sources
 * do not report a story in the same words. All places are fictional and no persons are named.
 */
export interface StoryTemplate {
  readonly topic: string;
  /** The slots for numbers, with their bounds. */
  readonly numbers: readonly { readonly name: string; readonly least: number; readonly most: number }[];
  readonly first: StoryWording;
  readonly second: StoryWording;
  readonly paragraphs: readonly string[];
}

interface StoryWording {
  readonly headline: string;
  readonly lead: string;
}

const towns = (
  'Port Verrin|Eastmarch|Calderholt|Tamselford|Brackenmoor|Marrowdale|Westhallow|' +
  'Nine Bridges|Quillhaven|Saltmere|Orrin Cross|Lower Fennick'
).split('|');
const regions = (
  'the Northern Lakes|the Tarrow Valley|the Outer Skerries|the High Fells|the Delta Districts|' +
  'the Amber Coast|the Inland Plateau|the Three Rivers'
).split('|');

/** The values of the slots of a story by name. */
export type SlotValues = Readonly<Record<string, string>>;

/** Chooses random places and numbers for a story. */
export function chooseSlotValues(template: StoryTemplate, random: Random): SlotValues {
  const town = pick(random, towns);
  const others = towns.filter((name) => name !== town);
  const other = pick(random, others);
  const values: Record<string, string> = { town, other, region: pick(random, regions) };
  for (const { name, least, most } of template.numbers) {
    values[name] = formatNumber(name, between(random, least, most));
  }
  return values;
}

/** The same values with one number changed; null if the story has no numbers. */
export function correctSlotValues(template: StoryTemplate, values: SlotValues, random: Random): SlotValues | null {
  if (template.numbers.length === 0) return null;
  const { name, least, most } = pick(random, template.numbers);
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
