import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { errorOf } from "../config/values/thrown.ts";
import { giveBack } from "./give-back.ts";

/** Why a message ended before its end; what the body stream is destroyed with. */
export class MessageError extends Error {
  override readonly name = "MessageError";
  readonly code: "message-incomplete" | "message-refused";

  constructor(code: MessageError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Octets from which on a body is full. */
export const contentAtOnce = 65_536;

/** The content of a message on its way to the backend. */
export class IncomingBody extends Readable {
  readonly #wake: () => void;
  readonly #failed: (reason: unknown) => void;
  #full = false;

  /**
   * @param wake called when the body has room again, or its reader has given it up.
   * @param failed called with what a listener of the reader's throws or rejects with; the body is destroyed then.
   */
  constructor(wake: () => void, failed: (reason: unknown) => void) {
    const options: ConstructorParameters<typeof EventEmitter>[0] & { highWaterMark: number } = {
      highWaterMark: contentAtOnce,
      captureRejections: true,
    };
    super(options);
    this.#wake = wake;
    this.#failed = failed;
    // A backend that does not listen for errors must not bring the process down when its client goes away.
    this.on("error", () => {});
  }

  /** Node emits most events in turns of its own, where what a listener throws would end the process. */
  override emit(event: string | symbol, ...given: unknown[]): boolean {
    try {
      return super.emit(event as "data", ...given);
    } catch (error) {
      this.#fail(error);
      return true;
    }
  }

  /** What a listener that is an async function has rejected with. */
  override [EventEmitter.captureRejectionSymbol](error: unknown): void {
    this.#fail(error);
  }

  #fail(reason: unknown): void {
    this.destroy(errorOf(reason));
    this.#failed(reason);
  }

  /** The reader has enough for now. */
  get full(): boolean {
    return this.#full && !this.destroyed;
  }

  /** More content; dropped once nobody is reading. */
  add(content: Buffer): void {
    if (this.destroyed || this.#isUnheard) giveBack(content);
    else if (!this.push(content)) this.#full = true;
  }

  /** `resume()` without a listener drops what comes. The first piece is pushed all the same: Node marks the stream as read then. */
  get #isUnheard(): boolean {
    return this.readableFlowing === true && this.readableDidRead && this.readableLength === 0 && this.isUnshared;
  }

  /** Who reads a piece now is the only one to get it. */
  get isUnshared(): boolean {
    return this.listenerCount("data") === 0;
  }

  override _read(): void {
    this.#drained();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#drained();
    callback(error);
  }

  #drained(): void {
    if (!this.#full) return;
    this.#full = false;
    this.#wake();
  }
}
