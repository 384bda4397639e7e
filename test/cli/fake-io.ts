import type { CliIo } from '../../src/cli/shared/io.ts';

/** A fake process: records the output, and sends signals when a test asks for them. */
export class FakeIo implements CliIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly columns: number | null;
  readonly isTerminal: boolean;
  errTerminal: NodeJS.WritableStream | null = null;
  stdout = '';
  stderr = '';
  readonly #listeners = new Set<(signal: string) => void>();
  readonly #faultListeners = new Set<(error: unknown) => void>();

  constructor(env: Record<string, string> = {}, columns: number | null = null) {
    this.env = env;
    this.columns = columns;
    this.isTerminal = columns !== null;
  }

  out(text: string): void {
    this.stdout += text;
  }

  err(text: string): void {
    this.stderr += text;
  }

  onSignal(listener: (signal: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onFault(listener: (error: unknown) => void): () => void {
    this.#faultListeners.add(listener);
    return () => this.#faultListeners.delete(listener);
  }

  /** Raises an error that nothing has caught. */
  fault(error: unknown): void {
    for (const listener of this.#faultListeners) listener(error);
  }

  /** Sends a signal. @returns whether there was a listener. */
  signal(name = 'SIGTERM'): boolean {
    for (const listener of this.#listeners) listener(name);
    return this.#listeners.size > 0;
  }
}
