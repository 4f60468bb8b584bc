/** A client on a real socket that does what clients do, and what they should not do. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type TLSSocket, connect as tlsConnect } from "node:tls";
import { clientHello } from "./client-hello.ts";

/**
 * The client's view of its connection: `fin` when the server has closed its side, `gone` when the socket is closed.
 */
export type PeerView = "open" | "fin" | "reset" | "gone";

/** The server ended, or was silent, when something was expected of it. */
export class UnheardError extends Error {
  readonly code = "unheard";

  constructor(wanted: string, { view, received }: { readonly view: PeerView; readonly received: string }) {
    super(`The server has not said ${JSON.stringify(wanted)} (${view}). It said: ${JSON.stringify(received)}.`);
    this.name = "UnheardError";
  }
}

export class Client {
  /** The TCP connection. */
  readonly socket: Socket;
  /** Bytes received on the wire. */
  get bytesReceived(): number {
    return this.socket.bytesRead;
  }
  readonly #patience: number;
  #tls: TLSSocket | null = null;
  #received = "";
  #view: PeerView = "open";
  readonly #changed = new Set<() => void>();

  private constructor(socket: Socket, patience: number) {
    this.socket = socket;
    this.#patience = patience;
    socket.setNoDelay(true);
    this.#listen(socket);
    socket.on("close", () => this.#see(this.#view === "open" ? "gone" : this.#view));
  }

  /** Connects to loopback; the client keeps its own side open until it is asked to close it. */
  static async connect(port: number, { patience = 5_000 }: { patience?: number } = {}): Promise<Client> {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const client = new Client(socket, patience);
    await once(socket, "connect");
    return client;
  }

  /** Everything received, as Latin-1; under TLS this includes what came before it. */
  get received(): string {
    return this.#received;
  }

  get view(): PeerView {
    return this.#view;
  }

  /** The socket, or the TLS stream over it. */
  get stream(): Duplex {
    return this.#tls ?? this.socket;
  }

  /** Sends bytes as they are. */
  send(bytes: string | Uint8Array): void {
    this.stream.write(bytes);
  }

  /** Sends a line, with CRLF. */
  line(text: string): void {
    this.send(`${text}\r\n`);
  }

  /** Sends the beginning of a TLS handshake, and no more. @param part how much of it; all by default. */
  async clientHello(part = 1): Promise<void> {
    const hello = await clientHello();
    this.socket.write(hello.subarray(0, Math.floor(hello.length * part)));
  }

  /** Performs a TLS handshake; resolves when it is done, or has failed. */
  async secure(): Promise<void> {
    this.socket.removeAllListeners("data");
    const tls = tlsConnect({ socket: this.socket, rejectUnauthorized: false, servername: "localhost" });
    this.#tls = tls;
    this.#listen(tls);
    await new Promise<void>((resolve) => {
      tls.once("secureConnect", resolve);
      tls.once("close", () => resolve());
      tls.once("error", () => resolve());
      this.socket.once("close", () => resolve());
      this.socket.once("end", () => resolve());
    });
  }

  /** Requests TLS, waits for the go-ahead, and does the handshake. @param injected sent in clear after the command. */
  async startTls(command = "STARTTLS", { injected = "", goAhead = "220 " } = {}): Promise<void> {
    const from = this.#received.length;
    this.socket.write(`${command}\r\n${injected}`);
    await this.until(goAhead, from);
    await this.secure();
  }

  /** Sends FIN, and keeps reading. */
  finish(): void {
    this.stream.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Reads nothing from here on: what the server writes fills the buffers. */
  stopReading(): void {
    this.socket.pause();
    this.#tls?.pause();
  }

  /** Disconnects without a word; resolves when the socket is closed. */
  async leave(): Promise<void> {
    if (this.socket.closed) return;
    const closed = once(this.socket, "close");
    this.#tls?.destroy();
    this.socket.destroy();
    await closed;
  }

  /**
   * Waits until the server has sent this text.
   * @param from where to look, in `received`
   * @throws UnheardError when it has ended, or was silent for as long as the patience lasts
   */
  async until(wanted: string, from = 0): Promise<void> {
    await this.#while(() => !this.#received.includes(wanted, from) && this.#view === "open");
    if (!this.#received.includes(wanted, from)) throw new UnheardError(wanted, this);
  }

  /** Waits until the server has closed its side, or reset the connection. @throws UnheardError */
  async untilEnd(): Promise<void> {
    await this.#while(() => this.#view === "open");
    if (this.#view === "open") throw new UnheardError("its end", this);
  }

  async #while(waiting: () => boolean): Promise<void> {
    const giveUp = Promise.withResolvers<void>();
    const timer = setTimeout(giveUp.resolve, this.#patience);
    let patient = true;
    void giveUp.promise.then(() => {
      patient = false;
    });
    while (patient && waiting()) {
      const change = Promise.withResolvers<void>();
      this.#changed.add(change.resolve);
      await Promise.race([change.promise, giveUp.promise]);
      this.#changed.delete(change.resolve);
    }
    clearTimeout(timer);
  }

  #listen(stream: Socket): void {
    stream.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1");
      this.#notify();
    });
    stream.on("end", () => this.#see("fin"));
    stream.on("error", (error: NodeJS.ErrnoException) => this.#see(error.code === "ECONNRESET" ? "reset" : "gone"));
  }

  /** The first end that is seen stays. */
  #see(view: PeerView): void {
    if (this.#view === "open") this.#view = view;
    this.#notify();
  }

  #notify(): void {
    for (const changed of [...this.#changed]) changed();
  }
}
