import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A child process that executes commands one after the other. */
export interface DrivenProcess<Command, Answer> {
  /** Its first line of output. */
  readonly line: string;
  ask(command: Command): Promise<Answer>;
  end(): Promise<void>;
}

/** Starts a script in this folder. */
export async function drive<Command extends object, Answer>(
  script: string,
  args: readonly string[] = [],
): Promise<DrivenProcess<Command, Answer>> {
  const file = path.join(path.dirname(fileURLToPath(import.meta.url)), script);
  const child = spawn(process.execPath, ['--expose-gc', '--no-warnings', file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const line = await firstLine(child, script);
  return {
    line,
    ask: (command) =>
      new Promise<Answer>((resolve, reject) => {
        const fail = (): void => reject(new Error(`${script} has ended`));
        child.once('exit', fail);
        child.once('message', (answer) => {
          child.off('exit', fail);
          resolve(answer as Answer);
        });
        child.send(command);
      }),
    async end() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function firstLine(child: ChildProcess, script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)));
  });
}
