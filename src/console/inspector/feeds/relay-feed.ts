/** What the relay sends: Gatehouse's own actors, and those of other programs. */
import { isObject } from "../model/message.ts";

/** Milliseconds between two tries. */
const retryAfter = 2_000;

/** Gatehouse itself; other programs are named by their numbers. */
const own = "gatehouse";

export interface Listener {
  message(source: string, message: unknown): void;
  /** Nothing more comes from a source, or some of it was missed. */
  lost(source: string): void;
  /** How many programs are connected, those apart that speak to the window. */
  programs(count: number): void;
  /** Events that were dropped because the page was too slow. */
  dropped(count: number): void;
  connected(isConnected: boolean): void;
}

type Fields = Readonly<Record<string, unknown>>;

export class RelayFeed {
  readonly #listener: Listener;
  readonly #programs = new Set<string>();
  /** Of the newest message of other programs. */
  #number = 0;
  /** All up to this one have come: the relay sends what it knows from its beginning. */
  #known = 0;
  #definitions = new Map<unknown, unknown>();

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  start(): void {
    const url = new URL("events", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.search = "";
    const socket = new WebSocket(url);
    this.#definitions = new Map();
    this.#known = this.#number;
    socket.onopen = () => {
      this.#listener.lost(own);
      this.#listener.connected(true);
    };
    socket.onmessage = ({ data }) => {
      for (const message of JSON.parse(String(data)) as readonly unknown[]) if (isObject(message)) this.#take(message);
    };
    socket.onclose = () => {
      this.#listener.connected(false);
      setTimeout(() => this.start(), retryAfter);
    };
  }

  #take(message: Fields): void {
    const { type, number, client } = message;
    if (type === "gatehouse.definition") this.#definitions.set(number, message["text"]);
    else if (type === "gatehouse.dropped") {
      this.#known = this.#number;
      this.#listener.lost(own);
      this.#listener.dropped(Number(message["count"]));
    } else if (client === undefined) this.#listener.message(own, this.#withDefinition(message));
    else if (Number(number) > this.#known) {
      this.#number = Math.max(this.#number, Number(number));
      if (type === "gatehouse.client") this.#program(`program ${client}`, message["connected"] === true);
      else this.#listener.message(`program ${client}`, message);
    }
  }

  #withDefinition(message: Fields): Fields {
    const { definition } = message;
    return typeof definition === "number" ? { ...message, definition: this.#definitions.get(definition) } : message;
  }

  #program(source: string, isConnected: boolean): void {
    if (isConnected) this.#programs.add(source);
    else {
      this.#programs.delete(source);
      this.#listener.lost(source);
    }
    this.#listener.programs(this.#programs.size);
  }
}
