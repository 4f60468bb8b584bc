/** Server-sent events for as long as somebody looks: a connection that is lost is made again. */
import { eventSourcePath, messageOf, WireError } from "./jmap.ts";
import { currentSession } from "./session.ts";

/** Milliseconds before the first new try, and the most between two. */
const firstWait = 500;
const longestWait = 15_000;
/** Seconds between signs of life, and milliseconds of silence after which the connection counts as lost. */
const ping = 10;
const longestSilence = 25_000;

export type Liveness =
  | { readonly kind: "live" }
  /** Nothing comes. */
  | { readonly kind: "lost"; readonly reason: string; readonly nextTryAt: number };

export interface EventFeedOptions {
  /** What is asked for, beside signs of life. */
  readonly query: Readonly<Record<string, string>>;
  /** Called with the data of each event of this name. */
  readonly on: Readonly<Record<string, (data: unknown) => void>>;
  /** A page that is out of sight takes nothing. */
  readonly onlyInSight: boolean;
  /** The server has begun to send. Called again with each new connection. */
  opened?(): void;
  /** Called when it changes. */
  liveness(now: Liveness): void;
  /** Nobody is logged in any more. */
  loggedOut(): void;
}

export class EventFeed {
  readonly #options: EventFeedOptions;
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #running = false;
  readonly #looked = (): void => {
    if (document.hidden && this.#options.onlyInSight) this.#close();
    else if (!this.#source) void this.#open();
  };

  constructor(options: EventFeedOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = true;
    document.addEventListener("visibilitychange", this.#looked);
    addEventListener("online", this.#looked);
    this.#looked();
  }

  stop(): void {
    this.#running = false;
    this.#close();
    document.removeEventListener("visibilitychange", this.#looked);
    removeEventListener("online", this.#looked);
  }

  #open(): void {
    if (!this.#running) return;
    this.#close();
    const query = new URLSearchParams({ types: "", closeafter: "no", ping: String(ping), ...this.#options.query });
    const source = new EventSource(`${eventSourcePath()}?${query}`);
    this.#source = source;
    source.addEventListener("open", () => {
      this.#heard();
      this.#options.opened?.();
    });
    source.addEventListener("ping", () => this.#heard());
    source.addEventListener("error", () => void this.#lost(source));
    for (const [name, take] of Object.entries(this.#options.on))
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        this.#heard();
        take(JSON.parse(data));
      });
    this.#expectWithin(source);
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #heard(): void {
    if (this.#failures > 0) this.#options.liveness({ kind: "live" });
    this.#failures = 0;
    if (this.#source) this.#expectWithin(this.#source);
  }

  /** A connection may be gone without a word. */
  #expectWithin(source: EventSource): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#lost(source), longestSilence);
  }

  async #lost(source: EventSource): Promise<void> {
    if (source !== this.#source) return;
    this.#close();
    this.#failures += 1;
    // The browser does not say why: the server may refuse since nobody is logged in any more.
    const reason = await whyLost();
    if (!this.#running || this.#source) return;
    if (reason === null) {
      this.stop();
      this.#options.loggedOut();
      return;
    }
    const wait = Math.min(firstWait * 2 ** (this.#failures - 1), longestWait);
    // A stream that ends once while the server answers is opened again before anybody notices.
    if (this.#failures > 1 || reason.problem === "unreachable")
      this.#options.liveness({ kind: "lost", reason: reason.text, nextTryAt: Date.now() + wait });
    this.#timer = setTimeout(() => this.#looked(), wait);
  }
}

interface Reason {
  readonly problem: WireError["problem"] | null;
  readonly text: string;
}

/** Null: nobody is logged in. */
async function whyLost(): Promise<Reason | null> {
  try {
    return (await currentSession()) && { problem: null, text: "The stream of events has ended." };
  } catch (error) {
    return { problem: error instanceof WireError ? error.problem : null, text: messageOf(error) };
  }
}
