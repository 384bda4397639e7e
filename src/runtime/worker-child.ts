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

/** What a task in another process came to. */
export type TaskOutcome<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  /** It ran longer than it may; its process was ended. */
  | { readonly kind: 'too-slow' }
  /** Its heap grew beyond what it may; its process is gone. */
  | { readonly kind: 'too-big' }
  /** It threw, or no process came up to run it, or the process was ended by somebody. */
  | { readonly kind: 'crashed'; readonly detail: string };

/** Limits of one task. */
export interface TaskLimits {
  /** Processor time: what a busy machine does not use up. */
  readonly cpuLimitMs: number;
  /** Time by the clock, for a task that waits for ever. */
  readonly wallLimitMs: number;
  /** JavaScript heap. Buffers are not counted: bound what goes in. */
  readonly maxHeapMb: number;
}

/** What ends the waiting for a worker process. */
type Answer = Exclude<WorkerReply, MessageChunk> | Exclude<TaskOutcome<unknown>, { kind: 'done' }>;

const startLimitMs = 30_000;
const idleLimitMs = 60_000;

/** One worker process at a time: started when a task comes, ended when it is idle for long, replaced when it dies. */
export class WorkerChild {
  readonly #module: string;
  readonly #limits: TaskLimits;
  #child: ChildProcess | null = null;
  /** Long members of the result that is on its way. */
  #pieces: MessageChunk[] = [];
  /** Who waits for the next word of the process. */
  #waiting: ((answer: Answer) => void) | null = null;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(module: string, limits: TaskLimits) {
    this.#module = module;
    this.#limits = limits;
  }

  /** Whether a process stands ready. */
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
    void this.#hand(child, task);
    const answer = await answered;
    const pieces = this.#pieces.splice(0);
    this.#rest();
    return answer.kind === 'done' ? { ...answer, result: joinMessage(answer.result, pieces) } : toOutcome(answer);
  }

  /** Hands a task over, a piece in a turn of the event loop. */
  async #hand(child: ChildProcess, task: unknown): Promise<void> {
    try {
      const { rest, pieces } = splitMessage(task);
      for (const piece of pieces) {
        await send(child, piece);
        await nextTurn();
      }
      await send(child, { kind: 'task', task: rest });
    } catch (error) {
      // Of a process that is gone this says less than its exit, which is heard in any case, but it may come first.
      if (child.connected) this.#hear(child, { kind: 'crashed', detail: String(error) });
    }
  }

  /** Ends the process, and what runs in it. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    const child = this.#child;
    if (child === null) return;
    child.ref();
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  }

  /** Null when a process is up and has loaded the task. */
  async #start(): Promise<TaskOutcome<unknown> | null> {
    if (this.#closed) return { kind: 'crashed', detail: 'the pool is closed' };
    const orders: WorkerConfig = {
      module: this.#module,
      cpuLimitMs: this.#limits.cpuLimitMs,
      parentPid: process.pid,
    };
    const child = fork(siblingModule(import.meta.url, 'worker-process'), [JSON.stringify(orders)], {
      // Nothing of ours: whatever takes over a parser finds no secret in its environment.
      env: {},
      // What a task leaves behind is garbage at once, and there is little of it: room for more would only be resident.
      execArgv: [`--max-old-space-size=${this.#limits.maxHeapMb}`, '--max-semi-space-size=2'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child = child;
    child.on('message', (message) => this.#receive(child, message as WorkerReply));
    child.on('exit', (code, signal) => this.#hear(child, readExit(code, signal)));
    child.on('error', (error) => this.#hear(child, { kind: 'crashed', detail: error.message }));
    const answer = await this.#nextAnswer(startLimitMs);
    if (answer.kind === 'ready') return null;
    this.#drop(child);
    return toOutcome(answer);
  }

  #drop(child: ChildProcess): void {
    if (this.#child === child) this.#child = null;
    child.kill('SIGKILL');
  }

  /** The next word of the process, or how it ended, or that it took too long. */
  async #nextAnswer(limitMs: number): Promise<Answer> {
    const timer = setTimeout(() => {
      if (this.#child !== null) this.#hear(this.#child, { kind: 'too-slow' });
    }, limitMs);
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting = resolve;
    });
    clearTimeout(timer);
    return answer;
  }

  #receive(child: ChildProcess, answer: WorkerReply): void {
    if (answer.kind !== 'piece') this.#hear(child, answer);
    else if (child === this.#child) this.#pieces.push(answer);
  }

  #hear(child: ChildProcess, answer: Answer): void {
    // The exit of a process that was given up already says nothing new.
    if (child !== this.#child) return;
    if (answer.kind !== 'ready' && answer.kind !== 'done' && answer.kind !== 'threw') this.#drop(child);
    const resolve = this.#waiting;
    this.#waiting = null;
    resolve?.(answer);
  }

  /** Keeps the process for the next task, without keeping our own alive for it. */
  #rest(): void {
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
