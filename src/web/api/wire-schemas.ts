import type { EventOp } from '../../domain/events/event.ts';
import { maxFilterValues, maxValueChars } from '../../domain/events/parse-filter.ts';

/** A JSON Schema (draft 07, the one that AsyncAPI takes). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Fields of an object, by name. */
export type SchemaFields = Readonly<Record<string, JsonSchema>>;

export const stringSchema: JsonSchema = { type: 'string' };
export const booleanSchema: JsonSchema = { type: 'boolean' };
export const countSchema: JsonSchema = { type: 'integer', minimum: 0 };
export const itemIdSchema: JsonSchema = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER };
const textOrNull: JsonSchema = { type: ['string', 'null'] };
const instant: JsonSchema = { type: 'string', format: 'date-time' };
const instantOrNull: JsonSchema = { type: ['string', 'null'], format: 'date-time' };
const webAddress: JsonSchema = { type: 'string', pattern: '^https?://' };
const webAddressOrNull: JsonSchema = { type: ['string', 'null'], pattern: '^https?://' };

/** An object from a client: these fields and no others, since the server refuses unknown fields. */
export function strictObject(properties: SchemaFields, optional: readonly string[] = []): JsonSchema {
  return { ...extensibleObject(properties, optional), additionalProperties: false };
}

/** An object from the server: these fields, and others that later versions may add. */
export function extensibleObject(properties: SchemaFields, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: true };
}

/** An array. */
export function arrayOf(items: JsonSchema, bounds: JsonSchema = {}): JsonSchema {
  return { type: 'array', items, ...bounds };
}

/** Adds a description to a schema. */
export function withDescription(schema: JsonSchema, description: string): JsonSchema {
  return { ...schema, description };
}

/** A reference to one of `wireSchemas`. */
export function ref(name: keyof typeof wireSchemas): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** The fields of a log position, which several messages share. */
export const positionFields: SchemaFields = {
  seq: withDescription(countSchema, 'Position in the log.'),
  prev: withDescription(countSchema, 'Seq of the previous event that matched the same filter.'),
};

/** An event of an item. @param head further fields of the message. */
export function eventSchema(head: SchemaFields): JsonSchema {
  const item = { $ref: '#/components/schemas/Item' };
  const changed = withDescription(arrayOf(stringSchema), 'Names of the fields that changed.');
  const payloads: Readonly<Record<EventOp, SchemaFields>> = {
    add: { item },
    update: { changed, item },
    remove: { item: { $ref: '#/components/schemas/RemovedItem' } },
  };
  return {
    type: 'object',
    oneOf: Object.entries(payloads).map(([op, payload]) =>
      extensibleObject({ ...head, ...positionFields, op: { const: op }, ...payload }),
    ),
  };
}

const values = arrayOf({ type: 'string', minLength: 1, maxLength: maxValueChars }, { maxItems: maxFilterValues });
const filterFields: SchemaFields = {
  sections: withDescription(values, 'Names or slugs of sections.'),
  sources: withDescription(values, 'Ids of sources: the owner of an item, or another source that has it.'),
  categories: withDescription(values, "The publishers' own tags."),
  languages: withDescription(values, '`en` also matches `en-GB`.'),
  q: withDescription(
    { type: 'string', maxLength: maxValueChars },
    'Words, "phrases", -excluded words, section: source: author: after: before:.',
  ),
  backfill: withDescription(
    booleanSchema,
    'Whether to include items that were old when they were first seen. Default: false.',
  ),
};
const label = extensibleObject({ id: stringSchema, title: stringSchema });

/** The schemas of messages by name. Objects of the server may have further fields, which a client ignores. */
export const wireSchemas = {
  Cursor: {
    type: 'string',
    pattern: '^[a-z0-9]{1,32}-(0|[1-9][0-9]{0,15})$',
    description: '"I have processed everything up to and including this event": epoch and seq.',
  },
  Filter: withDescription(
    strictObject(filterFields, Object.keys(filterFields)),
    `Fields are combined with AND, the values of one field with OR. At most ${maxFilterValues} values in all.`,
  ),
  Item: extensibleObject(
    {
      id: itemIdSchema,
      url: withDescription(webAddressOrNull, 'The original article.'),
      page: withDescription(webAddress, 'The page of this server.'),
      title: withDescription(stringSchema, 'Plain text, no markup.'),
      summary: withDescription(stringSchema, 'Plain text, no markup.'),
      html: withDescription(stringSchema, 'Sanitised. Absent when there is none, or when it is longer than 32 KB.'),
      htmlOmitted: withDescription({ const: true }, 'The html was omitted because of its size. See /api/items/{id}.'),
      author: textOrNull,
      source: label,
      alsoIn: arrayOf(label),
      section: stringSchema,
      categories: arrayOf(stringSchema),
      language: textOrNull,
      image: webAddressOrNull,
      enclosures: arrayOf(
        extensibleObject({ url: webAddress, type: textOrNull, length: { type: ['integer', 'null'] } }),
      ),
      publishedAt: withDescription(instantOrNull, 'As stated by the publisher.'),
      updatedAt: instantOrNull,
      firstSeenAt: withDescription(instant, 'By the clock of this server.'),
      revision: withDescription({ type: 'integer', minimum: 1 }, 'Increases with each edit.'),
      backfill: booleanSchema,
    },
    ['html', 'htmlOmitted'],
  ),
  RemovedItem: extensibleObject({ id: itemIdSchema, url: webAddressOrNull }),
  Event: eventSchema({}),
} as const satisfies SchemaFields;
