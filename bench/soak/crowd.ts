/** Clients of a fleet, who record who is inside at each moment. */
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

export interface Door {
  readonly name: string;
  /** Null while nobody can come. */
  port: number | null;
}

export interface Span {
  come: number;
  admitted: number;
  refused: number;
  failed: number;
  most: number;
}

/** Milliseconds until a client without an answer gives up. */
const patience = 4_000;

export class Crowd {
  /** By node. */
  readonly inside = new Map<string, number>();
  total = 0;
  span: Span = { come: 0, admitted: 0, refused: 0, failed: 0, most: 0 };
  all = 0;
  #isOver = false;
  readonly #doors: readonly Door[];
  readonly #ended: Promise<unknown>;

  constructor(doors: readonly Door[], width: number) {
    this.#doors = doors;
    this.#ended = Promise.all(Array.from({ length: width }, (_, at) => this.#visitor(at)));
  }

  /** Begins a part of the storm. @returns what the former one was */
  begin(): Span {
    const before = this.span;
    this.span = { come: 0, admitted: 0, refused: 0, failed: 0, most: this.total };
    return before;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#ended;
  }

  async #visitor(first: number): Promise<void> {
    for (let at = first; !this.#isOver; at += 1) {
      const door = this.#doors[at % this.#doors.length];
      if (door?.port) await this.#visit(door, door.port);
      else await pause(20);
    }
  }

  /** One in ten stays for long: those are still inside when their node is cut off. */
  #visit(door: Door, port: number): Promise<void> {
    this.span.come += 1;
    this.all += 1;
    return new Promise((resolve) => {
      let isInside = false;
      let hasAnswer = false;
      const socket = connect(port, "127.0.0.1");
      const timer = setTimeout(() => socket.destroy(), patience);
      const leave = (): void => {
        if (!isInside) return;
        isInside = false;
        this.#count(door, -1);
      };
      socket.on("data", (data) => {
        if (hasAnswer) return;
        hasAnswer = true;
        if (!data.toString("latin1").startsWith("220")) {
          this.span.refused += 1;
          socket.end();
          return;
        }
        clearTimeout(timer);
        this.span.admitted += 1;
        isInside = true;
        this.#count(door, 1);
        const stay = Math.random() < 0.1 ? 1_000 + Math.random() * 4_000 : 20 + Math.random() * 60;
        setTimeout(() => {
          // It counts as gone before its node can know.
          leave();
          socket.end("QUIT\r\n");
          setTimeout(() => socket.destroy(), 2_000);
        }, stay);
      });
      socket.on("error", () => {});
      socket.on("close", () => {
        clearTimeout(timer);
        if (!hasAnswer) this.span.failed += 1;
        leave();
        // Who was turned away does not come back at once.
        setTimeout(resolve, 10 + Math.random() * 40);
      });
    });
  }

  #count({ name }: Door, change: number): void {
    this.total += change;
    this.inside.set(name, (this.inside.get(name) ?? 0) + change);
    this.span.most = Math.max(this.span.most, this.total);
  }
}
