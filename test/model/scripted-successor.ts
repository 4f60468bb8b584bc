/** A successor that does what a test says, in place of a process. */
import { type Duplex, duplexPair } from "node:stream";
import { type StartSuccessor, type Successor, UpgradeError } from "../../src/index.ts";
import { Channel } from "../../src/runtime/upgrade/channel.ts";
import type { ToPredecessor, ToSuccessor } from "../../src/runtime/upgrade/messages.ts";

export class ScriptedSuccessor implements Successor {
  readonly pid = 4711;
  readonly channel: Channel<ToSuccessor, ToPredecessor>;
  readonly words = "what it had to say";
  readonly ended: Promise<string>;
  /** What it has been sent. */
  readonly heard: ToSuccessor[] = [];
  readonly #own: Channel<ToPredecessor, ToSuccessor>;
  readonly #end: (how: string) => void;

  constructor() {
    const [ours, its] = duplexPair() as [Duplex, Duplex];
    this.channel = new Channel(ours);
    this.#own = new Channel(its);
    this.#own.onMessage((message) => this.heard.push(message));
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.#end = resolve;
  }

  say(message: ToPredecessor): void {
    this.#own.send(message);
  }

  /** It is ready, with all the sockets that it was offered. */
  async isReady(): Promise<void> {
    while (this.heard.length === 0) await new Promise(setImmediate);
    const [first] = this.heard;
    this.say({ type: "ready", taken: first?.type === "sockets" ? [...first.sockets.keys()] : [] });
  }

  end(how: string): void {
    this.#own.close();
    this.#end(how);
  }

  kill(): void {
    this.end("SIGKILL ended it");
  }

  release(): void {}
}

/** Starts scripted successors. */
export class ScriptedStarts {
  last: ScriptedSuccessor | null = null;
  /** The next one cannot be started. */
  fails = false;

  readonly start: StartSuccessor = async () => {
    if (this.fails) throw new UpgradeError("upgrade-failed", "There is no such program.");
    this.last = new ScriptedSuccessor();
    return this.last;
  };

  get successor(): ScriptedSuccessor {
    if (!this.last) throw new Error("No successor has been started.");
    return this.last;
  }
}
