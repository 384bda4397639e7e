import { mask } from '../../domain/polling/masking.ts';
import type { Environment } from '../environment/environment.ts';

/** A `${NAME}` whose variable is not set, and where it stands in the value. */
export interface UnsetReference {
  readonly path: readonly PropertyKey[];
  readonly name: string;
}

const reference = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * Puts the environment's values in place of `${NAME}` in every string below a value; `$${` stands for a literal `${`.
 * What a variable holds is not looked at again, so a value cannot pull in another.
 */
export function resolveReferences(value: unknown, env: Environment): { value: unknown; unset: UnsetReference[] } {
  const unset: UnsetReference[] = [];
  const resolve = (node: unknown, path: readonly PropertyKey[]): unknown => {
    if (typeof node === 'string') {
      return node.replace(reference, (whole, name: string | undefined) => {
        if (name === undefined) return '${';
        const found = env[name];
        if (found === undefined || found === '') unset.push({ path, name });
        return found ?? whole;
      });
    }
    if (Array.isArray(node)) return node.map((child, index) => resolve(child, [...path, index]));
    if (node === null || typeof node !== 'object') return node;
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, resolve(child, [...path, key])]));
  };
  return { value: resolve(value, []), unset };
}

/** A text with the name alone in place of each `${NAME}`: names are no secrets. */
export function nameReferences(text: string): string {
  return text.replace(reference, (_, name: string | undefined) => name ?? '${');
}

/** Where a text names the environment, and what it would tell. */
export interface MaskedText {
  /** The text with a mask in place of each `${NAME}`. */
  readonly masked: string;
  /** Values of the variables, in the order of the text. */
  readonly secrets: readonly string[];
}

/** What of a text comes out of the environment and is not to be shown. */
export function maskReferences(text: string, env: Environment): MaskedText {
  const secrets: string[] = [];
  const masked = text.replace(reference, (_, name: string | undefined) => {
    if (name === undefined) return '${';
    secrets.push(env[name] ?? '');
    return mask;
  });
  return { masked, secrets: secrets.filter((secret) => secret !== '') };
}
