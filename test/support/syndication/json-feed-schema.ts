import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const text = { type: 'string', minLength: 1 };
const url = { type: 'string', format: 'uri', pattern: '^https?://' };
const date = { type: 'string', format: 'date-time' };
const authors = {
  type: 'array',
  minItems: 1,
  items: { type: 'object', required: ['name'], properties: { name: text, url }, additionalProperties: false },
};

const item = {
  type: 'object',
  required: ['id'],
  anyOf: [{ required: ['content_html'] }, { required: ['content_text'] }],
  properties: {
    id: text,
    url,
    title: text,
    content_html: { type: 'string' },
    summary: text,
    image: url,
    date_published: date,
    date_modified: date,
    authors,
    tags: { type: 'array', items: text },
    language: text,
    attachments: {
      type: 'array',
      items: {
        type: 'object',
        required: ['url', 'mime_type'],
        properties: {
          url,
          mime_type: { type: 'string', pattern: '^[^/\\s]+/[^/\\s]+$' },
          size_in_bytes: { type: 'integer', minimum: 0 },
        },
        additionalProperties: false,
      },
    },
  },
  // Only extensions may have other names.
  patternProperties: { '^_[a-z]+$': { type: 'object' } },
  additionalProperties: false,
};

const feed = {
  type: 'object',
  required: ['version', 'title', 'items'],
  properties: {
    version: { const: 'https://jsonfeed.org/version/1.1' },
    title: text,
    home_page_url: url,
    feed_url: url,
    next_url: url,
    description: text,
    language: text,
    hubs: { type: 'array', items: { type: 'object', required: ['type', 'url'] } },
    items: { type: 'array', items: item },
  },
  additionalProperties: false,
};

const ajv = new Ajv2020({ allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(feed);

/** The violations of JSON Feed 1.1. */
export function faultsOfJson(json: string): readonly string[] {
  const document: unknown = JSON.parse(json);
  if (!validate(document))
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  const { items } = document as { items: readonly { id: string }[] };
  const ids = items.map(({ id }) => id);
  return new Set(ids).size === ids.length ? [] : ['ids are not unique'];
}
