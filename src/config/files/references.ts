import { mask } from '../../domain/masking.ts';
import type { Environment } from '../environment/environment.ts';
import type { ParsedValue } from '../environment/environment-values.ts';
import { readSecretFile } from '../environment/secret-file.ts';

/** A reference whose value cannot be read, and its path in the declaration. */
export interface ReferenceProblem {
  readonly path: readonly PropertyKey[];
  readonly what: string;
  readonly remedy: string;
}

/** A text with references, masked. */
export interface MaskedText {
  /** The text with the mask in place of each reference. */
  readonly masked: string;
  /** The values of the references, in the order of the text. */
  readonly secrets: readonly string[];
}

/** `${NAME}`, `${file:PATH}`, and `$${`, which is a literal `${`. */
const reference = /\$\$\{|\$\{(?:file:([^{}\r\n]*)|([A-Za-z_][A-Za-z0-9_]*))\}/g;

/**
 * The values of the references in one declaration file: environment variables and files with secrets. Each file is read
 * once, so that a value and its mask are equal.
 */
export class References {
  readonly #env: Environment;
  readonly #files = new Map<string, ParsedValue<string>>();

  constructor(env: Environment) {
    this.#env = env;
  }

  /**
   * Replaces the references in all nested strings of a value. Replaced values are not scanned again, so that a value
   * cannot contain a reference.
   */
  resolve(value: unknown): { readonly value: unknown; readonly problems: readonly ReferenceProblem[] } {
    const problems: ReferenceProblem[] = [];
    const resolve = (node: unknown, path: readonly PropertyKey[]): unknown => {
      if (typeof node === 'string') {
        return node.replace(reference, (whole, file: string | undefined, name: string | undefined) => {
          const found = this.#valueOf(file, name);
          if ('value' in found) return found.value;
          problems.push({ path, ...found });
          return whole;
        });
      }
      if (Array.isArray(node)) return node.map((child, index) => resolve(child, [...path, index]));
      if (node === null || typeof node !== 'object') return node;
      return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, resolve(child, [...path, key])]));
    };
    return { value: resolve(value, []), problems };
  }

  /** Masks the references in a text and returns their values. */
  mask(text: string): MaskedText {
    const secrets: string[] = [];
    const masked = text.replace(reference, (_, file: string | undefined, name: string | undefined) => {
      if (file === undefined && name === undefined) return '${';
      const found = this.#valueOf(file, name);
      if ('value' in found) secrets.push(found.value);
      return mask;
    });
    return { masked, secrets };
  }

  #valueOf(file: string | undefined, name: string | undefined): ParsedValue<string> {
    if (file !== undefined) return this.#readFile(file);
    if (name === undefined) return { value: '${' };
    const value = this.#env[name] ?? '';
    if (value !== '') return { value };
    return {
      what: `the environment variable ${name} is not set`,
      remedy: `Set ${name}, or remove $\{${name}}; write $$\{ for a literal $\{`,
    };
  }

  #readFile(file: string): ParsedValue<string> {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    // The working directory of a service is seldom known to the author of the file.
    const found = /^(?:\/|[A-Za-z]:[\\/])/.test(file)
      ? readSecretFile(file)
      : { what: `the path in $\{file:…} is not absolute: ${JSON.stringify(file)}`, remedy: 'Write the whole path' };
    this.#files.set(file, found);
    return found;
  }
}

/** Replaces each reference by its name, which is not secret: the name of the variable, or of the file without folders. */
export function nameReferences(text: string): string {
  return text.replace(reference, (_, file: string | undefined, name: string | undefined) =>
    file === undefined ? (name ?? '${') : (file.split(/[\\/]/).at(-1) ?? ''),
  );
}
