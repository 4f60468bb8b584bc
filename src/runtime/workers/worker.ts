/** Runs the worker machine: one worker, over all its threads. */
import { type Actor, createActor, fromPromise, type SnapshotFrom, waitFor } from "xstate";
import type { Inspector } from "../../charts/inspector.ts";
import { type WorkerState, workerMachine } from "../../machines/worker.ts";
import type { ChartFlow } from "../observe/chart-flows.ts";
import type { Lifecycle } from "../observe/lifecycle.ts";
import type { Clock } from "../time/clock.ts";
import type { Thread } from "./worker-thread.ts";

export interface WorkerOptions {
  /** Its number, from 1. */
  readonly number: number;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly inspect: Inspector | undefined;
  readonly flow: ChartFlow;
  /**
   * Makes a thread, unless the signal is aborted by then; resolves when it may serve.
   * @param watch called with it at once, and when it ends though nobody asked it to
   * @returns what lets it serve, and resolves when it does
   */
  start(
    watch: { begun(thread: Thread): void; lost(error: Error): void },
    signal: AbortSignal,
  ): Promise<() => Promise<void>>;
  /** Gives back what the latest thread had taken, which has ended. */
  giveBack(): void;
  /** It has lost too many threads in too short a time. */
  failed(error: unknown): void;
}

export class ServerWorker {
  readonly actor: Actor<typeof workerMachine>;
  readonly number: number;
  readonly #options: WorkerOptions;
  #thread: Thread | null = null;
  #open: () => Promise<void> = () => Promise.resolve();
  #opening: Promise<void> = Promise.resolve();
  #ending: Promise<void> = Promise.resolve();
  #state: WorkerState | null = null;

  constructor(options: WorkerOptions) {
    this.number = options.number;
    this.#options = options;
    this.actor = createActor(
      workerMachine.provide({
        actors: {
          startThread: fromPromise(({ signal }) => this.#start(signal)),
          openThread: fromPromise(() => {
            this.#opening = this.#open();
            return this.#opening;
          }),
          drainThread: fromPromise(() => this.#drain()),
        },
        actions: {
          giveBack: () => this.#giveBack(),
          endThread: () => this.#end(),
          reportLost: ({ context }) =>
            options.lifecycle.emit({
              type: "worker.failed",
              worker: options.number,
              error: context.error,
              losses: context.losses,
            }),
          reportFailed: ({ context }) => options.failed(context.error),
        },
      }),
      {
        id: `worker:${options.number}`,
        clock: options.clock,
        ...(options.inspect ? { inspect: options.inspect } : {}),
      },
    );
    this.actor.system.inspect(options.flow.inspector);
    this.actor.subscribe((snapshot) => this.#onSnapshot(snapshot));
  }

  get state(): WorkerState {
    return this.#state ?? "starting";
  }

  /** The one that serves; null while there is none. */
  get serving(): Thread | null {
    return this.#state === "running" || this.#state === "draining" ? this.#thread : null;
  }

  /** Resolves when it runs, if not with its first thread, then with another. @throws why it has failed for good */
  async served(): Promise<void> {
    const { value, context } = await waitFor(
      this.actor,
      (snapshot) => snapshot.status !== "active" || snapshot.value === "running",
    );
    if (value !== "running") throw context.error;
  }

  /** Resolves when it runs. @throws what kept it from running, or from going on */
  async started(): Promise<void> {
    const { value, context } = await waitFor(
      this.actor,
      (snapshot) => snapshot.status !== "active" || snapshot.value === "running" || snapshot.value === "replaced",
    );
    if (value !== "running") throw context.error;
  }

  /** Resolves when its thread has ended. @param options.wait let the sessions finish */
  async stop({ wait }: { readonly wait: boolean }): Promise<void> {
    if (this.actor.getSnapshot().status === "active") this.actor.send({ type: wait ? "worker.drain" : "worker.stop" });
    await waitFor(this.actor, ({ status }) => status !== "active");
    await this.#ending;
  }

  /** It does not follow: another thread is made, which begins with what is in force. */
  replace(error: unknown): void {
    if (this.actor.getSnapshot().status === "active") this.actor.send({ type: "thread.lost", error });
  }

  async #start(signal: AbortSignal): Promise<void> {
    await this.#ending;
    const watch = {
      begun: (thread: Thread) => {
        this.#thread = thread;
      },
      lost: (error: Error) => this.replace(error),
    };
    this.#open = await this.#options.start(watch, signal);
  }

  async #drain(): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    thread.release();
    try {
      // One that has not said yet that it serves may have clients all the same.
      await this.#opening;
    } catch (error) {
      await thread.end();
      throw error;
    }
    await thread.call("stop", { wait: true });
    await thread.ended;
  }

  #end(): void {
    const thread = this.#thread;
    this.#thread = null;
    if (thread) this.#ending = thread.end();
  }

  /** What a thread had taken is free when it has ended, and not before. */
  #giveBack(): void {
    this.#ending = this.#ending.then(() => this.#options.giveBack());
  }

  #onSnapshot({ value }: SnapshotFrom<typeof workerMachine>): void {
    if (value === this.#state) return;
    this.#state = value;
    if (value === "running") this.#options.lifecycle.emit({ type: "worker.running", worker: this.number });
  }
}
