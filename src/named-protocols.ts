/** The protocols that documents name: an embedder's own, and those that are built in, each made when it is first named. */
import type { BuiltInProtocols } from "./built-in-protocols.ts";
import type { Configuration } from "./config/index.ts";
import type { Protocol } from "./protocols/protocol.ts";

export class NamedProtocols {
  readonly #builtIn: BuiltInProtocols;
  readonly #made: (protocol: Protocol) => Promise<void> | void;
  readonly #ready: Map<string, Protocol>;
  /** Two documents may be prepared at the same time. */
  readonly #making = new Map<string, Promise<void>>();

  /**
   * @param options.own in the place of a built-in one of the same name
   * @param options.made is called once for each, before it is used
   */
  constructor({
    own,
    builtIn,
    made = () => {},
  }: {
    readonly own: readonly Protocol[];
    readonly builtIn: BuiltInProtocols;
    made?(protocol: Protocol): Promise<void> | void;
  }) {
    // Whoever has registered one wants to hear of the server's end, whether a document names it or not.
    this.#ready = new Map(own.map((protocol) => [protocol.name, protocol]));
    this.#builtIn = builtIn;
    this.#made = made;
  }

  /** An embedder's own, and those that were made. */
  get ready(): ReadonlyMap<string, Protocol> {
    return this.#ready;
  }

  /** By name. Those that are not there are left out. @throws ProgramReplacedError */
  async of({ listeners }: Configuration): Promise<ReadonlyMap<string, Protocol>> {
    await Promise.all(listeners.map(({ protocol }) => this.#named(protocol)));
    return this.#ready;
  }

  #named(name: string): Promise<void> {
    const under = this.#making.get(name);
    if (under) return under;
    const making = this.#make(name);
    this.#making.set(name, making);
    making.catch(() => this.#making.delete(name));
    return making;
  }

  async #make(name: string): Promise<void> {
    const protocol = this.#ready.get(name) ?? (await this.#builtIn(name));
    if (!protocol) return;
    await this.#made(protocol);
    this.#ready.set(name, protocol);
  }
}
