/** The client side of an SMTP dialogue. */
import type { Socket } from "node:net";

/** One reply for each command. */
export class Dialogue {
  readonly #socket: Socket;
  #heard = "";
  #take: (reply: string) => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("error", () => this.#take(""));
    socket.on("close", () => this.#take(""));
    socket.on("data", (text: string) => {
      this.#heard += text;
      if (!/^\d{3} .*\r\n$/m.test(this.#heard)) return;
      const reply = this.#heard;
      this.#heard = "";
      this.#take(reply);
    });
  }

  say(words: string | Uint8Array | null): Promise<string> {
    return new Promise((resolve) => {
      this.#take = resolve;
      if (words !== null) this.#socket.write(words);
    });
  }
}
