import type { EndCause } from "../../src/machines/causes.ts";
import type { Endpoint } from "../../src/protocols/endpoint.ts";
import type { Notice, Session, SessionProtocol, TlsFacts, Verdict, Wire } from "../../src/protocols/protocol.ts";

export interface MemoryWireOptions {
  readonly hostname?: string;
  readonly peer?: Endpoint;
  /** Null (the default) for a connection in clear. */
  readonly tls?: TlsFacts | null;
  /** Whether STARTTLS is available. Default: true. */
  readonly startTls?: boolean;
}

export const secureFacts: TlsFacts = {
  version: "TLSv1.3",
  cipherSuite: "TLS_AES_256_GCM_SHA384",
  serverName: null,
  alpn: null,
  group: null,
};

/**
 * Drives a session of any protocol without a socket: what a peer sends goes in, what it would read is recorded, and the
 * turns that the session asks for are given, those after a time at once, with the time gone by. The verdicts are obeyed as a connection obeys them.
 */
export class MemoryWire implements Wire {
  readonly id = "memory-1";
  readonly generation = 1;
  readonly listener = "memory";
  readonly local: Endpoint = { address: "192.0.2.1", port: 25 };
  readonly proxy = null;
  readonly hostname: string;
  readonly peer: Endpoint;
  tls: TlsFacts | null;
  readonly #startTls: boolean;

  readonly notices: Notice[] = [];
  readonly verdicts: Verdict[] = [];
  verdict: Verdict = { next: "continue" };
  idleTimeout: number | null = null;
  sessionTimeout: number | null = null;
  /** Session timeouts set so far, so that a test can see one being set again. */
  sessionTimeouts = 0;
  /** What `now()` says. Time stands still, but for the times that a waiting session has asked to be woken after. */
  time = 0;
  /** The times that have passed because a session that answered `wait` had asked to be woken after them. */
  readonly waits: number[] = [];
  /** When the session wants its turn; null when it did not ask. */
  wakeDue: number | null = null;
  /** False lets every write say that the peer does not read. */
  reading = true;

  readonly #session: Session;
  readonly #written: Buffer[] = [];
  #seen = 0;
  #woken = false;
  #wakened: (() => void) | null = null;
  #over = false;

  constructor(protocol: SessionProtocol, options: MemoryWireOptions = {}) {
    this.hostname = options.hostname ?? "mx.example.com";
    this.peer = options.peer ?? { address: "198.51.100.7", port: 40_000 };
    this.tls = options.tls ?? null;
    this.#startTls = options.startTls ?? true;
    this.#session = protocol.open(this);
  }

  get actorOptions() {
    return { id: this.id };
  }

  get canUpgrade(): boolean {
    return this.#startTls && this.tls === null;
  }

  get state(): string {
    return this.#session.state;
  }

  /** Everything that the session has said. */
  get output(): string {
    return Buffer.concat(this.#written).toString("utf8");
  }

  get writes(): number {
    return this.#written.length;
  }

  /** What the session has said since the last call. */
  take(): string {
    const news = Buffer.concat(this.#written.slice(this.#seen)).toString("utf8");
    this.#seen = this.#written.length;
    return news;
  }

  write(data: string | Uint8Array): boolean {
    this.#written.push(typeof data === "string" ? Buffer.from(data, "utf8") : Buffer.from(data));
    return this.reading;
  }

  wake(): void {
    this.#woken = true;
    this.#wakened?.();
  }

  now(): number {
    return this.time;
  }

  wakeAfter(milliseconds: number | null): void {
    this.wakeDue = milliseconds === null ? null : this.time + milliseconds;
    if (milliseconds !== null) this.#wakened?.();
  }

  setIdleTimeout(milliseconds: number | null): void {
    this.idleTimeout = milliseconds;
  }

  setSessionTimeout(milliseconds: number | null): void {
    this.sessionTimeout = milliseconds;
    this.sessionTimeouts++;
  }

  notice(notice: Notice): void {
    this.notices.push(notice);
  }

  async greet(): Promise<string> {
    await this.#obey(this.#session.greet());
    return this.take();
  }

  /**
   * Sends bytes in one piece, or cut into pieces at the given places. Resolves with what was said, once the session wants
   * more input or has come to an end. What is sent after an end is dropped.
   */
  async send(data: string | Uint8Array, cuts: readonly number[] = []): Promise<string> {
    const bytes = Buffer.from(data);
    const places = [0, ...cuts.filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b), bytes.length];
    for (let index = 1; index < places.length; index++) {
      if (this.#over || this.verdict.next === "upgrade") break;
      // A copy, as a chunk belongs to the session, which may write in it.
      await this.#obey(this.#session.receive(Buffer.from(bytes.subarray(places[index - 1], places[index]))));
    }
    return this.take();
  }

  /** Gives the session this very chunk, which belongs to it from here on. */
  async give(chunk: Buffer): Promise<string> {
    await this.#obey(this.#session.receive(chunk));
    return this.take();
  }

  /** Gives the session one chunk and does not wait for what it waits for. */
  push(data: string | Uint8Array): Verdict {
    return this.#record(this.#session.receive(Buffer.from(data)));
  }

  /** Gives the turns that were asked for, until the session wants input or has ended. */
  async settle(): Promise<string> {
    await this.#obey(this.verdict);
    return this.take();
  }

  /** The handshake that the verdict `upgrade` asked for is done. */
  async secure(facts: TlsFacts = secureFacts): Promise<string> {
    this.tls = facts;
    await this.#obey(this.#session.secured());
    return this.take();
  }

  async end(): Promise<string> {
    await this.#obey(this.#session.ended());
    return this.take();
  }

  /** Without waiting: a session that is not at a safe point answers later. */
  drain(): string {
    this.#record(this.#session.drain());
    return this.take();
  }

  expire(limit: "idle" | "session"): string {
    this.#record(this.#session.expired(limit));
    return this.take();
  }

  /** The peer reads again. */
  async read(): Promise<string> {
    this.reading = true;
    await this.#obey(this.#session.writable());
    return this.take();
  }

  /** Lets time pass; the session gets the turn that it has asked for by then. */
  async pass(milliseconds: number): Promise<string> {
    this.time += milliseconds;
    if (this.wakeDue !== null && this.wakeDue <= this.time) {
      this.wakeDue = null;
      await this.#obey(this.#session.resume());
    }
    return this.take();
  }

  /** The connection is over. */
  close(cause: EndCause): void {
    this.#over = true;
    this.#session.closed(cause);
  }

  async #obey(first: Verdict): Promise<void> {
    let verdict = this.#record(first);
    while (verdict.next === "wait" && this.reading) {
      if (!this.#woken && this.wakeDue === null) {
        await new Promise<void>((resolve) => {
          this.#wakened = resolve;
        });
        this.#wakened = null;
      }
      if (!this.#woken && this.wakeDue !== null) {
        this.waits.push(this.wakeDue - this.time);
        this.time = this.wakeDue;
        this.wakeDue = null;
      }
      this.#woken = false;
      verdict = this.#record(this.#session.resume());
    }
  }

  #record(verdict: Verdict): Verdict {
    this.verdict = verdict;
    this.verdicts.push(verdict);
    if (verdict.next === "close") this.#over = true;
    return verdict;
  }
}
