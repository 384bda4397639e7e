import { mask } from '../../domain/masking.ts';
import type { Environment } from '../environment/environment.ts';

/** A `${NAME}` whose variable is not set, and its path in the value. */
export interface UnsetReference {
  readonly path: readonly PropertyKey[];
  readonly name: string;
}

const reference = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * Replaces `${NAME}` by the environment variable in all nested strings of a value; `$${` is a literal `${`. Replaced
 * values are not scanned again, so that a variable cannot refer to another one.
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

/** Replaces each `${NAME}` by the name, which is not secret. */
export function nameReferences(text: string): string {
  return text.replace(reference, (_, name: string | undefined) => name ?? '${');
}

/** A text with references to environment variables, masked. */
export interface MaskedText {
  /** The text with the mask in place of each `${NAME}`. */
  readonly masked: string;
  /** The values of the variables, in the order of the text. */
  readonly secrets: readonly string[];
}

/** Masks the references in a text and returns their values. */
export function maskReferences(text: string, env: Environment): MaskedText {
  const secrets: string[] = [];
  const masked = text.replace(reference, (_, name: string | undefined) => {
    if (name === undefined) return '${';
    secrets.push(env[name] ?? '');
    return mask;
  });
  return { masked, secrets: secrets.filter((secret) => secret !== '') };
}
