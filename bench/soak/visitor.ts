/** A client of the soak: connects, greets, sends a message and quits, in clear, by STARTTLS or under implicit TLS. */
import { connect, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";

export const modes = ["clear", "STARTTLS", "implicit TLS"] as const;
export type Mode = (typeof modes)[number];

/** The outcome of a session: `served`, an errno, or the reply that did not come. */
export type Result = string;

const handshake = { rejectUnauthorized: false, servername: "localhost" };

/** Waits for text from the server, which may have arrived already. */
export class Conversation {
  #socket: Socket;
  #heard = "";
  #error: string | null = null;
  #look: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen(socket);
  }

  /** Connects, greets, and does the handshake of the mode. @throws Error with what went wrong */
  static async open(mode: Mode, ports: Readonly<Record<string, number>>): Promise<Conversation> {
    const port = ports[mode === "implicit TLS" ? "submissions" : "smtp"] ?? 0;
    const implicit = mode === "implicit TLS";
    const conversation = new Conversation(
      implicit ? tlsConnect({ port, host: "127.0.0.1", ...handshake }) : connect(port, "127.0.0.1"),
    );
    await conversation.until("220 ");
    await conversation.ask("EHLO client.example", "250 HELP");
    if (mode === "STARTTLS") {
      await conversation.ask("STARTTLS", "220 ");
      conversation.#secure();
      await conversation.ask("EHLO client.example", "250 HELP");
    }
    return conversation;
  }

  async ask(command: string, reply: string): Promise<void> {
    this.#heard = "";
    this.#socket.write(`${command}\r\n`);
    await this.until(reply);
  }

  /** A message, up to the reply that accepts it. */
  async send(): Promise<void> {
    await this.ask("MAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA", "354 ");
    await this.ask("Subject: Hello\r\n\r\nhello\r\n.", "250 2.0.0");
  }

  until(reply: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        if (this.#heard.includes(reply)) resolve();
        else if (this.#error !== null) reject(new Error(this.#error));
      };
      this.#look();
    });
  }

  /** QUIT, and the server's goodbye; whatever happens, the socket is gone afterwards. */
  async quit(): Promise<void> {
    await this.ask("QUIT", "221 ");
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #secure(): void {
    const raw = this.#socket;
    raw.removeAllListeners("data");
    this.#socket = tlsConnect({ socket: raw, ...handshake });
    this.#listen(this.#socket);
  }

  #listen(socket: Socket): void {
    socket.on("data", (chunk: Buffer) => {
      this.#heard += chunk.toString("latin1");
      this.#look();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#error ??= error.code ?? error.message;
      this.#look();
    });
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      this.#error ??= `closed after ${JSON.stringify(this.#heard.slice(0, 60))}`;
      this.#look();
    });
  }
}

export async function visit(mode: Mode, ports: Readonly<Record<string, number>>): Promise<Result> {
  let conversation: Conversation | null = null;
  try {
    conversation = await Conversation.open(mode, ports);
    await conversation.send();
    await conversation.quit();
    return "served";
  } catch (error) {
    conversation?.destroy();
    return error instanceof Error ? error.message : String(error);
  }
}
