import { type ChildProcess, fork } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { joinMessage, type MessageChunk, splitMessage } from './message-chunks.ts';
import {
  cpuLimitSignal,
  siblingModule,
  type WorkerConfig,
  type WorkerMessage,
  type WorkerReply,
} from './worker-protocol.ts';

/** The outcome of a task in a worker process. */
export type TaskOutcome<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  /** It exceeded its time limit; its process was killed. */
  | { readonly kind: 'too-slow' }
  /** It exceeded its heap limit; V8 aborted its process. */
  | { readonly kind: 'too-big' }
  /** It threw, its process could not be started, or its process was killed from outside. */
  | { readonly kind: 'crashed'; readonly detail: string };

/** Limits of one task. */
export interface TaskLimits {
  /** CPU time, which does not depend on other load of the machine. */
  readonly cpuLimitMs: number;
  /** Wall-clock time, for a task that waits without end. */
  readonly wallLimitMs: number;
  /** JavaScript heap. Buffers do not count: limit the size of tasks. */
  readonly maxHeapMb: number;
}

/** What a caller that waits for a worker process gets. */
type Answer = Exclude<WorkerReply, MessageChunk> | Exclude<TaskOutcome<unknown>, { kind: 'done' }>;

const startLimitMs = 30_000;
const idleLimitMs = 60_000;

/** One worker process at a time: started for a task, ended after a minute without one, replaced when it dies. */
export class WorkerChild {
  readonly #module: string;
  readonly #limits: TaskLimits;
  #child: ChildProcess | null = null;
  /** Chunks of the result that is being received. */
  #chunks: MessageChunk[] = [];
  /** Resolves the caller that waits for the next message. */
  #waiting: ((answer: Answer) => void) | null = null;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(module: string, limits: TaskLimits) {
    this.#module = module;
    this.#limits = limits;
  }

  /** Whether a process is running. */
  get isReady(): boolean {
    return this.#child?.connected === true;
  }

  /** Runs a task. One at a time; never rejects. */
  async run(task: unknown): Promise<TaskOutcome<unknown>> {
    clearTimeout(this.#idle);
    const failed = this.isReady ? null : await this.#start();
    if (failed !== null) return failed;
    const child = this.#child;
    if (this.#closed || child === null) return { kind: 'crashed', detail: 'the pool is closed' };
    child.ref();
    child.channel?.ref();
    const answered = this.#nextAnswer(this.#limits.wallLimitMs);
    void this.#send(child, task);
    const answer = await answered;
    const chunks = this.#chunks.splice(0);
    this.#release();
    return answer.kind === 'done' ? { ...answer, result: joinMessage(answer.result, chunks) } : toOutcome(answer);
  }

  /** Sends a task, one chunk in each turn of the event loop. */
  async #send(child: ChildProcess, task: unknown): Promise<void> {
    try {
      const { rest, chunks } = splitMessage(task);
      for (const chunk of chunks) {
        await send(child, chunk);
        await nextTurn();
      }
      await send(child, { kind: 'task', task: rest });
    } catch (error) {
      // The exit of a dead process tells more than this error, and is always received, though maybe later.
      if (child.connected) this.#resolve(child, { kind: 'crashed', detail: String(error) });
    }
  }

  /** Kills the process, and with it the running task. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    const child = this.#child;
    if (child === null) return;
    child.ref();
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  }

  /** Starts a process. @returns null once it has loaded the task module. */
  async #start(): Promise<TaskOutcome<unknown> | null> {
    if (this.#closed) return { kind: 'crashed', detail: 'the pool is closed' };
    const config: WorkerConfig = {
      module: this.#module,
      cpuLimitMs: this.#limits.cpuLimitMs,
      parentPid: process.pid,
    };
    const child = fork(siblingModule(import.meta.url, 'worker-process'), [JSON.stringify(config)], {
      // No environment: code that exploits a parser finds no secret there.
      env: {},
      // A task leaves little garbage: a larger young generation would only be resident memory.
      execArgv: [`--max-old-space-size=${this.#limits.maxHeapMb}`, '--max-semi-space-size=2'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child = child;
    child.on('message', (message) => this.#receive(child, message as WorkerReply));
    child.on('exit', (code, signal) => this.#resolve(child, readExit(code, signal)));
    child.on('error', (error) => this.#resolve(child, { kind: 'crashed', detail: error.message }));
    const answer = await this.#nextAnswer(startLimitMs);
    if (answer.kind === 'ready') return null;
    this.#drop(child);
    return toOutcome(answer);
  }

  #drop(child: ChildProcess): void {
    if (this.#child === child) this.#child = null;
    child.kill('SIGKILL');
  }

  /** The next message of the process, its exit, or a timeout. */
  async #nextAnswer(limitMs: number): Promise<Answer> {
    const timer = setTimeout(() => {
      if (this.#child !== null) this.#resolve(this.#child, { kind: 'too-slow' });
    }, limitMs);
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting = resolve;
    });
    clearTimeout(timer);
    return answer;
  }

  #receive(child: ChildProcess, answer: WorkerReply): void {
    if (answer.kind !== 'chunk') this.#resolve(child, answer);
    else if (child === this.#child) this.#chunks.push(answer);
  }

  #resolve(child: ChildProcess, answer: Answer): void {
    // A process that was dropped already: its exit has no effect.
    if (child !== this.#child) return;
    if (answer.kind !== 'ready' && answer.kind !== 'done' && answer.kind !== 'threw') this.#drop(child);
    const resolve = this.#waiting;
    this.#waiting = null;
    resolve?.(answer);
  }

  /** Keeps the process for the next task, without keeping this process alive. */
  #release(): void {
    const child = this.#child;
    if (child === null) return;
    child.unref();
    child.channel?.unref();
    this.#idle = setTimeout(() => this.#drop(child), idleLimitMs).unref();
  }
}

function send(child: ChildProcess, message: WorkerMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    child.send(message, (error) => (error === null ? resolve() : reject(error)));
  });
}

function toOutcome(answer: Answer): TaskOutcome<unknown> {
  if (answer.kind === 'threw') return { kind: 'crashed', detail: answer.message };
  return answer.kind === 'ready' ? { kind: 'crashed', detail: 'a worker was ready twice' } : answer;
}

function readExit(code: number | null, signal: NodeJS.Signals | null): Answer {
  if (signal === cpuLimitSignal) return { kind: 'too-slow' };
  // V8 aborts the process when its heap is full: 134 is how a shell reports it.
  if (signal === 'SIGABRT' || code === 134) return { kind: 'too-big' };
  return { kind: 'crashed', detail: `the worker process ended with ${signal ?? `exit code ${code}`}` };
}
