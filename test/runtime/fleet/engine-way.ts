/** The way from one node to its engine, which a test or a soak makes slow, or cuts. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class EngineWay {
  /** Each piece takes so long, in each direction. Milliseconds. */
  delay = 0;
  /** The engine's. */
  readonly #far: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(port: number) {
    this.#far = port;
    this.#server = createServer((near) => this.#join(near));
  }

  /** @param port the engine's, on loopback */
  static async open(port: number): Promise<EngineWay> {
    const way = new EngineWay(port);
    way.#server.listen(0, "127.0.0.1");
    await once(way.#server, "listening");
    return way;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Nothing comes through any more, and nobody hears that: as behind a firewall. */
  cut(): void {
    this.#isCut = true;
  }

  mend(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(near: Socket): void {
    const far = connect(this.#far, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on("error", () => {});
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on("data", (piece) => this.#pass(to, piece));
    }
  }

  #pass(to: Socket, piece: Buffer | string): void {
    const pass = (): void => {
      if (!this.#isCut && !to.destroyed) to.write(piece);
    };
    if (this.delay === 0) pass();
    else setTimeout(pass, this.delay);
  }
}
