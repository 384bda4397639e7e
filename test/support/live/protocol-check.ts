import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

type Sender = 'client' | 'server';

/** Validates the messages of a connection against the AsyncAPI document of the server. */
export interface ProtocolCheck {
  /** Records a message and its violations. */
  record(from: Sender, text: string): void;
  /** The recorded messages, sorted: `client.ping`, `server.item`. */
  seen(): readonly string[];
  /** The violations of recorded messages, one line each. */
  readonly faults: readonly string[];
  /** Why a message is invalid; null: it is valid. */
  faultOf(from: Sender, message: unknown): string | null;
}

interface Described {
  readonly components: { readonly messages: Readonly<Record<string, object>> };
}

/** The schemas without further fields: clients ignore unknown fields, but our server must not send any. */
function closedSchemas(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closedSchemas);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(([name, value]) => name !== 'additionalProperties' || value !== true);
  const closed = Object.fromEntries(entries.map(([name, value]) => [name, closedSchemas(value)]));
  return entries.length < Object.keys(schema).length ? { ...closed, additionalProperties: false } : closed;
}

/** A check by an AsyncAPI document as it was served. `open`: by its schemas as they are, as a client reads them. */
export function createProtocolCheck(served: unknown, { open = false } = {}): ProtocolCheck {
  const document = open ? served : closedSchemas(served);
  const ajv = new Ajv({ strict: false, allErrors: false });
  addFormats.default(ajv);
  ajv.addSchema(document as object, 'asyncapi');
  const names = Object.keys((document as Described).components.messages);
  const validators = new Map(
    names.map((name) => [name, ajv.compile({ $ref: `asyncapi#/components/messages/${name}/payload` })]),
  );
  const seen = new Set<string>();
  const faults: string[] = [];

  function faultOf(from: Sender, message: unknown): string | null {
    const type = String((message as { type?: unknown } | null)?.type);
    const validate = validators.get(`${from}.${type}`);
    if (validate === undefined) return `no ${from}.${type} is described`;
    if (validate(message)) return null;
    const [first] = validate.errors ?? [];
    return `${from}.${type} ${first?.instancePath ?? ''} ${first?.message ?? ''}`;
  }

  return {
    faults,
    faultOf,
    seen: () => [...seen].sort(),
    record(from, text) {
      const message: unknown = JSON.parse(text);
      seen.add(`${from}.${String((message as { type?: unknown }).type)}`);
      const fault = faultOf(from, message);
      if (fault !== null) faults.push(`${fault}: ${text.slice(0, 300)}`);
    },
  };
}

/** Every message that a document describes, by name, sorted. */
export function describedMessages(document: unknown): readonly string[] {
  return Object.keys((document as Described).components.messages).sort();
}

/** The messages that a stream of server-sent events carried: event names and their data. */
export function streamMessagesOf(text: string): { readonly event: string; readonly data: string }[] {
  return text.split('\n\n').flatMap((block) => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    const event = field('event');
    const data = field('data');
    return event === undefined || data === undefined ? [] : [{ event, data }];
  });
}
