import { maxFilterValues, maxValueChars } from '../../domain/events/parse-filter.ts';

/** A JSON Schema (draft 07, the one that AsyncAPI takes). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Fields of an object, by name. */
export type Fields = Readonly<Record<string, JsonSchema>>;

export const text: JsonSchema = { type: 'string' };
export const flag: JsonSchema = { type: 'boolean' };
export const whole: JsonSchema = { type: 'integer', minimum: 0 };
export const itemId: JsonSchema = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER };
const textOrNull: JsonSchema = { type: ['string', 'null'] };
const instant: JsonSchema = { type: 'string', format: 'date-time' };
const instantOrNull: JsonSchema = { type: ['string', 'null'], format: 'date-time' };
const webAddress: JsonSchema = { type: 'string', pattern: '^https?://' };
const webAddressOrNull: JsonSchema = { type: ['string', 'null'], pattern: '^https?://' };

/** What clients send: an object of these fields and no others, since the server refuses what it does not know. */
export function closed(properties: Fields, optional: readonly string[] = []): JsonSchema {
  return { ...open(properties, optional), additionalProperties: false };
}

/** What the server sends: an object that has these fields, to which later versions may add others. */
export function open(properties: Fields, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: true };
}

/** An array of one kind of thing. */
export function listOf(items: JsonSchema, bounds: JsonSchema = {}): JsonSchema {
  return { type: 'array', items, ...bounds };
}

/** The same schema with a sentence for its reader. */
export function described(schema: JsonSchema, description: string): JsonSchema {
  return { ...schema, description };
}

/** A schema by its name among `wireSchemas`. */
export function ref(name: keyof typeof wireSchemas): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** Where an event stands: the fields that all messages about places share. */
export const place: Fields = {
  seq: described(whole, 'Place in the log.'),
  prev: described(whole, 'Seq of the previous event that matched the same filter.'),
};

/** What happened to an item, with what its transport puts before it. */
export function eventOf(head: Fields): JsonSchema {
  const item = { $ref: '#/components/schemas/Item' };
  const changed = described(listOf(text), 'Names of the fields that changed.');
  return {
    type: 'object',
    oneOf: [
      open({ ...head, ...place, op: { const: 'add' }, item }),
      open({ ...head, ...place, op: { const: 'update' }, changed, item }),
      open({ ...head, ...place, op: { const: 'remove' }, item: { $ref: '#/components/schemas/RemovedItem' } }),
    ],
  };
}

const values = listOf({ type: 'string', minLength: 1, maxLength: maxValueChars }, { maxItems: maxFilterValues });
const filterFields: Fields = {
  sections: described(values, 'Names or slugs of sections.'),
  sources: described(values, 'Ids of sources: the owner of an item, or one that has it too.'),
  categories: described(values, "The publishers' own tags."),
  languages: described(values, '`en` also takes `en-GB`.'),
  q: described(
    { type: 'string', maxLength: maxValueChars },
    'Words, "phrases", -unwanted words, section: source: author: after: before:.',
  ),
  backfill: described(flag, 'Whether items are wanted that were old when they were first seen. Default: false.'),
};
const label = open({ id: text, title: text });

/** What messages are made of, by name. Objects that the server sends are open: a client ignores fields it does not know. */
export const wireSchemas = {
  Cursor: {
    type: 'string',
    pattern: '^[a-z0-9]{1,32}-(0|[1-9][0-9]{0,15})$',
    description: '"I have processed everything up to and including this event": epoch and seq.',
  },
  Filter: described(
    closed(filterFields, Object.keys(filterFields)),
    `Fields are AND-ed, the values of one field OR-ed; at most ${maxFilterValues} values in all.`,
  ),
  Item: open(
    {
      id: itemId,
      url: described(webAddressOrNull, 'The original.'),
      page: described(webAddress, 'The page of this server.'),
      title: described(text, 'Plain text, no markup.'),
      summary: described(text, 'Plain text, no markup.'),
      html: described(text, 'Sanitised. Missing when there is none, or when it is longer than 32 KB.'),
      htmlOmitted: described({ const: true }, 'The html was left out for its size: see /api/items/{id}.'),
      author: textOrNull,
      source: label,
      alsoIn: listOf(label),
      section: text,
      categories: listOf(text),
      language: textOrNull,
      image: webAddressOrNull,
      enclosures: listOf(open({ url: webAddress, type: textOrNull, length: { type: ['integer', 'null'] } })),
      publishedAt: described(instantOrNull, 'What the publisher says.'),
      updatedAt: instantOrNull,
      firstSeenAt: described(instant, 'By the clock of this server.'),
      revision: described({ type: 'integer', minimum: 1 }, 'Grows with each edit.'),
      backfill: flag,
    },
    ['html', 'htmlOmitted'],
  ),
  RemovedItem: open({ id: itemId, url: webAddressOrNull }),
  Event: eventOf({}),
} as const satisfies Fields;
