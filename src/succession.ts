/** How a Gatehouse succeeds another one, and is succeeded itself: what the parts of the house do in each of both. */

import { messageOf } from "./config/values/thrown.ts";
import type { GatehouseOptions } from "./gatehouse-options.ts";
import type { NeighbourLine, Store } from "./mailbox/index.ts";
import { carriedParts } from "./runtime/server/carried-parts.ts";
import {
  acceptEverywhere,
  retireUntaken,
  socketsToHandOver,
  stopAcceptingEverywhere,
  uninheritable,
} from "./runtime/server/hand-over.ts";
import type { Server } from "./runtime/server/server.ts";
import type { Clock } from "./runtime/time/clock.ts";
import { type Carried, packAll, unpackAll } from "./runtime/upgrade/carried.ts";
import type { PartsChannel } from "./runtime/upgrade/channel.ts";
import type { Predecessor } from "./runtime/upgrade/predecessor.ts";
import { sameProgram } from "./runtime/upgrade/successor.ts";
import { UpgradeError } from "./runtime/upgrade/upgrade-error.ts";
import { Upgrader } from "./runtime/upgrade/upgrader.ts";

/** Parts of the house that only one of two processes can have, or that both share. */
export interface SharedParts {
  /** What the house remembers besides the server. */
  readonly carried: readonly Carried[];
  readonly control: {
    /** Puts the control socket in the place of the predecessor's. */
    takeOver(): Promise<void>;
    /** Takes the place back. */
    restore(): Promise<void>;
  };
  readonly store: {
    /** Another process may open the store from here on. */
    share(): void;
    /** No other process has it. */
    alone(): void;
    /** Null where there is no store. */
    neighbours(): Store["neighbours"] | null;
  };
}

export interface SuccessionOptions {
  readonly options: Pick<GatehouseOptions, "predecessor" | "startSuccessor">;
  readonly server: Server;
  readonly clock: Clock;
  readonly parts: SharedParts;
  /** Stops the house, letting the sessions finish. */
  end(): Promise<void>;
}

export class Succession {
  readonly upgrader: Upgrader;
  readonly #options: SuccessionOptions;
  readonly #predecessor: Predecessor | null;
  readonly #carried: readonly Carried[];

  constructor(options: SuccessionOptions) {
    const { server, clock, parts } = options;
    this.#options = options;
    this.#predecessor = options.options.predecessor ?? null;
    this.#carried = [...carriedParts(server), ...parts.carried, this.#maildrops()];
    this.upgrader = new Upgrader({
      server: {
        obstacle: () => this.#obstacle(),
        prepare: () => {
          parts.store.share();
          return server.reloadGate.close();
        },
        sockets: () => socketsToHandOver(server),
        stopAccepting: () => stopAcceptingEverywhere(server),
        letGo: ({ channel }) => {
          parts.store.neighbours()?.addNewer(lineOf(channel));
          return packAll(this.#carried);
        },
        acceptAgain: async () => {
          if (!this.#predecessor?.channel.isOpen) parts.store.alone();
          await parts.control.restore();
          await acceptEverywhere(server);
          server.reloadGate.open();
        },
        drain: async () => {
          server.reloadGate.end();
          await retireUntaken(server);
          await options.end();
          // What an older server says to a newer one goes through this one.
          await this.#predecessorEnded();
        },
      },
      start: options.options.startSuccessor ?? sameProgram(() => ({})),
      clock,
      lifecycle: server.lifecycle,
      inspect: () => server.inspect,
      flow: server.flows.of("upgrade"),
      upgradeTimeout: () => server.configuration.system.upgradeTimeout,
    });
  }

  /** Everything is bound and read: takes over from the predecessor, which accepts no more from then on. */
  async takeOver(): Promise<void> {
    const { server, parts } = this.#options;
    if (!this.#predecessor) return;
    const state = await this.#predecessor.takeOver();
    for (const [part, error] of unpackAll(this.#carried, state)) {
      const text = `What the predecessor remembered of "${part}" cannot be read, and is forgotten: ${messageOf(error)}.`;
      server.lifecycle.emit({ type: "server.warning", code: "succession", text });
    }
    for (const listener of server.served) listener.applySocketSettings();
    await parts.control.takeOver();
  }

  /** Every listener accepts. */
  async accepting(): Promise<void> {
    await this.#predecessor?.accepting();
  }

  /** The maildrops that sessions of older servers have locked. */
  #maildrops(): Carried {
    const { store } = this.#options.parts;
    return {
      name: "maildrops",
      pack: () => store.neighbours()?.locked ?? [],
      unpack: (packed) => {
        const channel = this.#predecessor?.channel;
        if (!channel) return;
        store.neighbours()?.addOlder(lineOf(channel), packed as string[]);
        void channel.ended.then(() => store.alone());
      },
    };
  }

  async #predecessorEnded(): Promise<void> {
    this.#predecessor?.channel.ref();
    await this.#predecessor?.channel.ended;
  }

  /** @returns why this server cannot have a successor; null where it can. */
  #obstacle(): UpgradeError | null {
    const { server, options } = this.#options;
    if (server.state !== "running") {
      const text = `The server is ${server.state}: only while it runs can another take over.`;
      return new UpgradeError("upgrade-not-running", text);
    }
    const impossible = this.#impossibleBecause(options);
    return impossible === null ? null : new UpgradeError("upgrade-impossible", impossible);
  }

  #impossibleBecause({ predecessor, startSuccessor }: SuccessionOptions["options"]): string | null {
    if (predecessor === undefined && !startSuccessor)
      return "This program does not say how it succeeds itself: give createGatehouse({ predecessor: await findPredecessor() }).";
    if (process.pid === 1)
      return (
        "This server is the first process of its container (pid 1): when it ends, so do the container and the successor. " +
        "Replace the container instead; the clients of the old one are drained as by SIGTERM."
      );
    const socket = uninheritable(this.#options.server);
    return socket === null ? null : `A successor cannot inherit the sockets: ${socket}. It needs Linux, and koffi.`;
  }
}

const mailPart = "mail";

/** What the two stores say to one another. */
function lineOf(channel: PartsChannel): NeighbourLine {
  return {
    send: (message) => channel.sendTo(mailPart, message),
    onMessage: (handler) => channel.onPart(mailPart, handler),
    ended: channel.ended,
  };
}
