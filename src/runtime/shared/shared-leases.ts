/**
 * What the main thread of a fleet's node tells the threads that admit within its leases: whether they may, until when,
 * and when more is to be asked for; and that they have something to tell it.
 */
import type { Clock } from "../time/clock.ts";
import { mostCounters } from "./shared-counters.ts";

/** Words of the node. */
const ADMITS = 0;
const REFUSES = 1;
/** When the lease ends, in tenths of a second of the threads' clock. */
const END = 2;
/** Grows whenever clients that wait may be judged again. */
const ANSWERED = 3;
/** Grows whenever a thread has something to tell. */
const WISHES = 4;
const header = 8;
/** Words of each counter. */
const ASKS = 0;
const LOW = 1;
const OWED = 2;
const OTHERS = 3;
const WAITING = 4;
const stride = 8;

const tenth = 100;
/** In the words' order. */
const standings = ["asking", "leased", "alone"] as const;

/** `leased`: within what is held; `asking`: nobody until the engine has answered; `alone`: within a share. */
export type Admits = (typeof standings)[number];

export interface LeaseMemory {
  readonly words: SharedArrayBuffer;
}

export function leaseMemory(): LeaseMemory {
  return { words: new SharedArrayBuffer((header + mostCounters * stride) * Int32Array.BYTES_PER_ELEMENT) };
}

export interface ToldOfNode {
  readonly admits: Admits;
  readonly refuses: boolean;
  /** By the threads' clock, in milliseconds. */
  readonly end: number;
}

export interface ToldOfCounter {
  /** Clients that find none may wait for more. */
  readonly asks: boolean;
  /** With no more than this left it is to be told; below zero: never. */
  readonly low: number;
  /** It is to be told of each that comes free. */
  readonly owed: boolean;
  /** What other nodes have. */
  readonly others: number;
}

export class SharedLeases {
  readonly memory: LeaseMemory;
  readonly #words: Int32Array;
  readonly #clock: Clock;

  constructor(memory: LeaseMemory, clock: Clock) {
    this.memory = memory;
    this.#words = new Int32Array(memory.words);
    this.#clock = clock;
  }

  tell({ admits, refuses, end }: ToldOfNode): void {
    const words = this.#words;
    Atomics.store(words, END, Math.max(0, Math.floor(end / tenth)));
    Atomics.store(words, REFUSES, refuses ? 1 : 0);
    Atomics.store(words, ADMITS, standings.indexOf(admits));
  }

  tellOf(counter: number, { asks, low, owed, others }: ToldOfCounter): void {
    const [words, at] = [this.#words, header + counter * stride];
    Atomics.store(words, at + ASKS, asks ? 1 : 0);
    Atomics.store(words, at + LOW, low);
    Atomics.store(words, at + OWED, owed ? 1 : 0);
    Atomics.store(words, at + OTHERS, others);
  }

  /** A lease that has ended admits nobody, whoever has noticed. */
  get admits(): Admits {
    const admits = standings[Atomics.load(this.#words, ADMITS)] ?? "asking";
    if (admits !== "leased" || this.#clock.now() < Atomics.load(this.#words, END) * tenth) return admits;
    this.wish();
    return "asking";
  }

  get refuses(): boolean {
    return Atomics.load(this.#words, REFUSES) === 1;
  }

  othersOf(counter: number): number {
    return this.#of(counter, OTHERS);
  }

  isLow(counter: number, left: number): boolean {
    return left <= this.#of(counter, LOW);
  }

  isOwed(counter: number): boolean {
    return this.#of(counter, OWED) === 1;
  }

  /** A client has found none left. @returns whether it may wait */
  ask(counter: number): boolean {
    if (this.#of(counter, ASKS) === 0) return this.admits === "asking";
    Atomics.add(this.#words, header + counter * stride + WAITING, 1);
    this.wish();
    return true;
  }

  /** Clients that have asked since the last look. */
  takeWaiting(counter: number): number {
    return Atomics.exchange(this.#words, header + counter * stride + WAITING, 0);
  }

  /** The main thread looks at what there is to tell. */
  wish(): void {
    this.#grow(WISHES);
  }

  answered(): void {
    this.#grow(ANSWERED);
  }

  /** Calls back whenever there is something to tell. @returns what ends it */
  onWish(callback: () => void): () => void {
    return this.#follow(WISHES, callback);
  }

  onAnswer(callback: () => void): () => void {
    return this.#follow(ANSWERED, callback);
  }

  #of(counter: number, word: number): number {
    return Atomics.load(this.#words, header + counter * stride + word);
  }

  #grow(word: number): void {
    Atomics.add(this.#words, word, 1);
    Atomics.notify(this.#words, word);
  }

  #follow(word: number, callback: () => void): () => void {
    let ended = false;
    const follow = async (): Promise<void> => {
      let seen = Atomics.load(this.#words, word);
      for (;;) {
        const { async: waits, value } = Atomics.waitAsync(this.#words, word, seen);
        if (waits) await value;
        if (ended) return;
        seen = Atomics.load(this.#words, word);
        callback();
      }
    };
    void follow();
    return () => {
      ended = true;
      Atomics.notify(this.#words, word);
    };
  }
}
