/**
 * The slots of one cap of a fleet, as far as this node has them: it leases blocks of them, and admits within those by its
 * own exact count, or lets the threads of its workers do so.
 */
import type { LeasedSharedSlots, SlotsOwner } from "../admission/leased-shared-slots.ts";
import { type SlotCounter, type SlotObserver, SlotObservers } from "../admission/slots.ts";
import type { Admits } from "../shared/shared-leases.ts";
import type { Clock } from "../time/clock.ts";
import type { SlotsAnswer, SlotsRequest } from "./settle-script.ts";

/** The node, as far as its slots depend on it. */
export interface LeasingNode {
  readonly clock: Clock;
  /** `leased`: within what is held; `asking`: nobody until the engine has answered; `alone`: within a share. */
  readonly admits: Admits;
  /** The engine answers: more may be had. */
  readonly maySettle: boolean;
  /** Processes of the fleet, as last heard. */
  readonly members: number;
  /** Settles as soon as possible. */
  settle(): void;
  /** Clients that wait may be judged again. */
  answered(): void;
}

/** A block is so much of an equal share, and neither less nor more than these. */
const blocksOfShare = 4;
const largestBlock = 64;
/** How long clients wait until other nodes have given back what they can spare, in milliseconds. */
const patience = 200;
/** How long nothing is asked for after that, unless somebody frees some. */
const drought = 500;
/** How long what other nodes lack is given back to them as it comes free. */
const owing = 300;

/** An equal share; nothing for a node that has never been told how many there are. */
function shareOf(cap: number, members: number): number {
  return members === 0 ? 0 : Math.floor(cap / members);
}

export interface LeasedSlotsOptions {
  readonly node: LeasingNode;
  readonly threads: LeasedSharedSlots | null;
}

export class LeasedSlots implements SlotCounter, SlotsOwner {
  /** Among the caps of the fleet. */
  readonly name: string;
  /** Where several threads admit: what they take from. */
  readonly threads: LeasedSharedSlots | null;
  readonly #node: LeasingNode;
  readonly #observers = new SlotObservers();
  #cap: number;
  #held = 0;
  #taken = 0;
  #others = 0;
  /** Clients that wait. */
  #waiting = 0;
  /** Others were told what is missing here; until then they may free some. */
  #hopesUntil: number | null = null;
  #dryUntil = 0;
  #owed = 0;
  #owedUntil = 0;
  /** How many more than the cap the fleet has, as last heard: a node has come back with its clients. */
  #excess = 0;
  #closing = false;
  #hasEnded = false;
  /** When it is looked again, whatever happens. */
  #next: unknown = null;
  /** When threads may ask again. */
  #thirst: unknown = null;

  constructor(name: string, cap: number, { node, threads }: LeasedSlotsOptions) {
    this.name = name;
    this.#cap = cap;
    this.#node = node;
    this.threads = threads;
    if (!threads) return;
    threads.owner = this;
    threads.allow(0, cap);
    this.#tell();
  }

  get limit(): number {
    return this.#cap;
  }

  set limit(cap: number) {
    this.setLimit(cap);
  }

  setLimit(cap: number): void {
    if (cap === this.#cap) return;
    this.#cap = cap;
    this.settle();
    this.#node.settle();
  }

  get taken(): number {
    return this.threads?.taken ?? this.#taken;
  }

  get everywhere(): number {
    return this.taken + this.#others;
  }

  /** How many of the fleet's slots are this node's at the moment. */
  get held(): number {
    return this.#held;
  }

  get full(): boolean {
    return this.taken >= this.#allowed;
  }

  tryTake(): boolean {
    const allowed = this.#allowed;
    if (this.#taken >= allowed) return false;
    this.#taken += 1;
    if (allowed - this.#taken === this.#reserve) this.#wish();
    return true;
  }

  giveBack(): void {
    this.#taken -= 1;
    if (this.#isLackedElsewhere) this.#node.settle();
  }

  observe(observer: SlotObserver): () => void {
    return this.#observers.add(observer);
  }

  settle(): void {
    this.#tell();
    this.threads?.wake();
    if (!this.threads) this.#observers.settle(this.full);
  }

  /** A thread has something to tell. */
  look(): void {
    const { threads } = this;
    if (!threads) return;
    const waiting = threads.takeWaiting();
    this.#waiting += waiting;
    if (waiting > 0 && this.#hopesUntil === null) this.#node.settle();
    const free = this.#held - this.taken;
    if (this.#node.admits === "leased" && free <= this.#reserve) this.#wish();
    if (this.#isLackedElsewhere && free > 0) this.#node.settle();
  }

  /** A client found no slot here. @returns whether the rest of the fleet may have one: then it waits. */
  ask(): boolean {
    if (this.#node.admits === "asking") return true;
    if (!this.#mayAsk) return false;
    this.#waiting += 1;
    if (this.#hopesUntil === null) this.#node.settle();
    return true;
  }

  /** What is to be given back is not used from here on. @param idle nobody waits for the answer */
  request({ idle }: { readonly idle: boolean }): SlotsRequest {
    const free = Math.max(0, this.#held - this.taken);
    const block = this.#block;
    const wished = this.#closing
      ? free
      : Math.max(
          this.#isOwed ? Math.min(free, this.#owed) : 0,
          Math.min(free, this.#excess),
          idle && free > 2 * block ? free - block : 0,
          Math.min(free, this.#held - this.#cap),
        );
    const spare = this.#setAside(wished);
    this.#owed = Math.max(0, this.#owed - spare);
    this.#excess = Math.max(0, this.#excess - spare);
    const isShort = this.#held - this.taken <= this.#reserve;
    const awaited = this.#waiting > 0 || this.#isObserved;
    // What others lack is not asked back at once.
    const wants = spare === 0 && !this.#closing && isShort && (awaited || this.#node.clock.now() >= this.#dryUntil);
    const want = wants ? Math.max(0, Math.min(Math.max(block, this.#waiting), this.#cap - this.#held)) : 0;
    this.#tell();
    return { name: this.name, cap: this.#cap, keep: this.#held, want };
  }

  /** Those inside are counted, and nothing else: the lease had ended. */
  requestForInside(): SlotsRequest {
    this.#held = this.#insideForGood;
    const want = this.#closing ? 0 : Math.max(0, Math.min(this.#block, this.#cap - this.#held));
    return { name: this.name, cap: this.#cap, keep: this.#held, want };
  }

  /** @param closedFor how long the engine gives nothing away, in milliseconds */
  answer({ want }: SlotsRequest, { granted, others }: SlotsAnswer, closedFor: number): void {
    const { clock } = this.#node;
    this.#held += granted;
    this.#others = others;
    this.#excess = Math.max(0, this.#held + others - this.#cap);
    if (granted > 0 || want === 0) {
      this.#hopesUntil = null;
      if (granted > 0) this.#dryUntil = 0;
    } else if (closedFor > 0) this.#hope(closedFor);
    else if (this.#waiting > 0 && others > 0 && this.#hopesUntil === null) this.#hope(patience);
    else if (this.#hopesUntil === null || clock.now() >= this.#hopesUntil) this.#giveUp();
    if (this.#hopesUntil === null) this.#waiting = 0;
    this.settle();
  }

  /** Other nodes lack so many. @param over the fleet has more than the cap: that does not pass */
  owe(missing: number, over: boolean): void {
    if (over) this.#excess = missing;
    this.#owed = missing;
    this.#owedUntil = this.#node.clock.now() + owing;
    this.#tell();
    if (this.#held > this.taken) this.#node.settle();
  }

  /** Another node has given some back. */
  freed(): void {
    this.#dryUntil = 0;
    this.#tell();
    if (this.#waiting > 0 || this.#isObserved) this.#node.settle();
  }

  /** Nobody counts here any more. */
  end(): void {
    this.#hasEnded = true;
    for (const timer of [this.#next, this.#thirst]) this.#node.clock.clearTimeout(timer);
  }

  /** Nobody is let in here any more: what comes free is given back. */
  close(): void {
    this.#closing = true;
    this.#tell();
    this.#node.settle();
  }

  /** @returns how much of it is free for good: a thread may have been faster */
  #setAside(wished: number): number {
    this.#held -= wished;
    const { threads } = this;
    if (!threads) return wished;
    threads.allow(Math.max(0, Math.min(this.#held, this.#cap) - this.#excess), this.#cap);
    const back = Math.min(wished, Math.max(0, this.taken - this.#held));
    this.#held += back;
    return wished - back;
  }

  /** Nobody comes in from here on. */
  get #insideForGood(): number {
    const { threads } = this;
    let inside = this.taken;
    if (!threads) return inside;
    do {
      inside = this.taken;
      threads.allow(inside, this.#cap);
    } while (this.taken > inside);
    return inside;
  }

  /** What the threads need to know. */
  #tell(): void {
    const { threads } = this;
    if (!threads || this.#hasEnded) return;
    // Until the engine has answered nobody may, whatever is free.
    if (this.#node.admits !== "asking") threads.allow(Math.max(0, this.#allowed), this.#cap);
    const mayWish = this.#held < this.#cap && this.#node.clock.now() >= this.#dryUntil;
    threads.tell({
      asks: this.#mayAsk,
      low: mayWish ? this.#reserve : -1,
      owed: this.#isLackedElsewhere,
      others: this.#others,
    });
  }

  get #mayAsk(): boolean {
    const { admits, maySettle, clock } = this.#node;
    return (
      admits === "leased" && maySettle && this.#held < this.#cap && !this.#closing && clock.now() >= this.#dryUntil
    );
  }

  get #isObserved(): boolean {
    return this.threads?.isObserved ?? this.#observers.size > 0;
  }

  get #isLackedElsewhere(): boolean {
    return this.#closing || this.#isOwed || this.#excess > 0;
  }

  /** This many of the cap may be inside here. */
  get #allowed(): number {
    const { admits, members } = this.#node;
    if (admits === "asking") return this.taken;
    return admits === "leased" ? Math.min(this.#held, this.#cap) - this.#excess : shareOf(this.#cap, members);
  }

  get #block(): number {
    const share = this.#cap / (blocksOfShare * Math.max(1, this.#node.members));
    return Math.max(1, Math.min(largestBlock, Math.floor(share)));
  }

  /** With no more than this left, more are asked for. */
  get #reserve(): number {
    return Math.floor(this.#block / 2);
  }

  get #isOwed(): boolean {
    return this.#owed > 0 && this.#node.clock.now() < this.#owedUntil;
  }

  /** Nobody waits for it yet. */
  #wish(): void {
    if (this.#node.maySettle && this.#held < this.#cap && this.#node.clock.now() >= this.#dryUntil) this.#node.settle();
  }

  #hope(time: number): void {
    const { clock } = this.#node;
    this.#hopesUntil = clock.now() + time;
    this.#settleIn(time);
  }

  #giveUp(): void {
    this.#hopesUntil = null;
    this.#dryUntil = this.#node.clock.now() + drought;
    this.#tell();
    if (this.threads) {
      this.#node.clock.clearTimeout(this.#thirst);
      this.#thirst = this.#node.clock.setTimeout(() => this.#tell(), drought);
    }
    // A listener that holds its clients in the kernel's queue hears of none that comes.
    if (this.#isObserved && this.full) this.#settleIn(drought);
  }

  #settleIn(time: number): void {
    const { clock } = this.#node;
    clock.clearTimeout(this.#next);
    this.#next = clock.setTimeout(() => this.#node.settle(), Math.ceil(time));
  }
}
