import type { Environment } from './environment.ts';

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
