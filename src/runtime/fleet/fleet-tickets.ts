/**
 * What all nodes make the keys of session tickets from, so that a session resumes on any of them. It is in the engine,
 * sealed, and replaced from time to time: by the first node that finds it old.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { Seal } from "./seal.ts";
import type { SealedValue, SharedChange } from "./shared-state.ts";

/** How long one is used: whoever gets hold of it can read no more than the sessions of this time. Milliseconds. */
export const ticketLifetime = 12 * 3_600_000;

const name = "ticketKeys";

export interface FleetTicketsOptions {
  readonly seal: Seal;
  /** Unix time in milliseconds. */
  now(): number;
  /** Puts it in the engine, in the place of the one with this id, if that is still there. */
  offer(change: SharedChange, replaces: string | null): void;
  /** For tickets from now on. */
  use(secret: Uint8Array): void;
}

export class FleetTickets {
  readonly #options: FleetTicketsOptions;
  #current: SealedValue | null = null;

  constructor(options: FleetTicketsOptions) {
    this.#options = options;
  }

  /** Replaces the one in use when its time has come. */
  look(): void {
    const { seal, now, offer } = this.#options;
    if (this.#current && now() - this.#current.at < ticketLifetime) return;
    const value = { id: randomUUID(), at: now(), sealed: seal.close(name, randomBytes(32)) };
    offer({ kind: "ticketKeys", name: "all", value }, this.#current?.id ?? null);
  }

  /** As the engine has it. @throws FleetError `fleet-key` */
  take(value: SealedValue | null): void {
    this.#current = value;
    if (value) this.#options.use(this.#options.seal.open(name, value.sealed));
  }
}
