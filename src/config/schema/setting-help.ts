import * as z from 'zod';

/** Help for the operator on a setting. */
export interface SettingHelp {
  /** For the table in docs/OPERATING.md; null for a group, whose settings have rows of their own. */
  readonly meaning: string | null;
  /** The default, as the table shows it; null: the setting is required. */
  readonly default: string | null;
  /** How to correct an invalid value: a sentence without a full stop. */
  readonly remedy: string;
}

const registry = z.registry<SettingHelp>();

/** Attaches help to a schema. The schemas are the only list of settings: hints, messages and docs read it from there. */
export function setting<T extends z.ZodType>(schema: T, help: SettingHelp): T {
  // A copy: several settings may share a schema.
  const own = schema.clone();
  registry.add(own, help);
  return own;
}

/** The help of the innermost setting on a path; null: none has help. */
export function helpAt(schema: z.ZodType, path: readonly PropertyKey[]): SettingHelp | null {
  const [first, ...rest] = path;
  const inner = first === undefined ? null : childOf(schema, first);
  return (inner === null ? null : helpAt(inner, rest)) ?? registry.get(schema) ?? null;
}

/** The keys of the object at a path of a schema, in the order of their declaration; none if it is not an object. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const at = path.reduce<z.ZodType | null>((parent, part) => parent && childOf(parent, part), schema);
  const object = at && unwrapped(at);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function childOf(schema: z.ZodType, part: PropertyKey): z.ZodType | null {
  const parent = unwrapped(schema);
  if (parent instanceof z.ZodArray) return parent.element as z.ZodType;
  return parent instanceof z.ZodObject ? ((parent.shape[String(part)] as z.ZodType | undefined) ?? null) : null;
}

/** The schema inside optional, nullable and transformed ones. */
function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return unwrapped(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodPipe ? unwrapped(schema.in as z.ZodType) : schema;
}
