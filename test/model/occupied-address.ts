/** An address that cannot be bound. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** Has a port of loopback, and shares it with nobody. */
export class Somebody {
  readonly #server = createServer();

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }
}
