/** What lies between `node:http2` and the connection: sees every frame on its way, and can put frames of its own in. */
import { Duplex } from "node:stream";
import { FrameReader } from "./frame-reader.ts";
import { emptySettings, type Frame, FrameType, PREFACE } from "./frames.ts";

export interface FrameWatch {
  /** @returns false when the connection has ended by it: the frame is not passed on. */
  received(frame: Frame): boolean;
  sent(frame: Frame): void;
  /** `node:http2` has said its last word, with this error code in its GOAWAY. */
  finished(errorCode: number): void;
}

type Callback = (error?: Error | null) => void;

export class FramedStream extends Duplex {
  readonly #stream: Duplex;
  readonly #watch: FrameWatch;
  readonly #incoming: FrameReader;
  readonly #outgoing: FrameReader;
  /** Octets of the preface that are still to come. */
  #prefaceLeft = PREFACE.length;
  #errorCode = 0;
  #mayPass = true;
  #silent = false;
  /** `node:http2` has begun to write. */
  #begun = false;
  /** What is to be put in, as soon as a frame has ended. */
  #waiting: Buffer[] = [];
  /** Of a write that the peer has yet to take. */
  #written: Callback | null = null;
  readonly #onData = (chunk: Buffer) => this.#receive(chunk);
  readonly #onEnd = () => void this.push(null);
  readonly #onDrain = () => this.#drained();
  readonly #onClose = () => void this.destroy();

  constructor(stream: Duplex, watch: FrameWatch) {
    super({ allowHalfOpen: true, autoDestroy: false });
    this.#stream = stream;
    this.#watch = watch;
    this.#incoming = new FrameReader((frame) => {
      this.#mayPass &&= watch.received(frame);
    });
    this.#outgoing = new FrameReader((frame, payload) => this.#sent(frame, payload));
    stream.on("data", this.#onData);
    stream.on("end", this.#onEnd);
    stream.on("drain", this.#onDrain);
    stream.on("close", this.#onClose);
    if (stream.destroyed) process.nextTick(this.#onClose);
  }

  /** The client does not take what is there for it. */
  get blocked(): boolean {
    return this.#written !== null;
  }

  /** Puts frames in, behind those that have begun. */
  inject(...frames: readonly Buffer[]): void {
    if (this.#silent) return;
    this.#waiting.push(...frames);
    this.#putIn();
  }

  /** From here on nothing is read, and what `node:http2` still says is dropped. */
  fallSilent(): void {
    if (this.#silent) return;
    // Who ends before `node:http2` has begun says nothing but that.
    if (!this.#begun && this.#waiting.length > 0) this.#give(emptySettings);
    this.#silent = true;
    this.#mayPass = false;
    this.#waiting = [];
    this.#stream.off("data", this.#onData);
    this.#stream.off("end", this.#onEnd);
    this.#stream.off("drain", this.#onDrain);
    this.#stream.off("close", this.#onClose);
    this.#drained();
  }

  /** The first octets, where somebody else has read them. */
  begin(chunk: Buffer): void {
    this.#receive(chunk);
  }

  override _read(): void {
    if (!this.#silent) this.#stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#give(chunk);
    this.#await(callback);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], callback: Callback): void {
    // A frame comes in pieces of a few octets: one write of all costs less than many.
    this.#give(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    this.#await(callback);
  }

  override _final(callback: Callback): void {
    callback();
    if (!this.#silent) this.#watch.finished(this.#errorCode);
  }

  override _destroy(error: Error | null, callback: Callback): void {
    const wasSilent = this.#silent;
    this.fallSilent();
    callback(error);
    if (!wasSilent) this.#watch.finished(this.#errorCode);
  }

  #receive(chunk: Buffer): void {
    if (!this.#mayPass) return;
    const preface = Math.min(this.#prefaceLeft, chunk.length);
    this.#prefaceLeft -= preface;
    this.#incoming.read(preface === 0 ? chunk : chunk.subarray(preface));
    if (this.#mayPass && !this.push(chunk)) this.#stream.pause();
  }

  #give(chunk: Buffer): void {
    if (this.#silent) return;
    if (this.#waiting.length > 0) this.#putIn();
    this.#outgoing.read(chunk);
    this.#begun = true;
    if (this.#silent) return;
    this.#stream.write(chunk);
    if (this.#waiting.length > 0) this.#putIn();
  }

  #await(callback: Callback): void {
    if (this.#silent || !this.#stream.writableNeedDrain) callback();
    else this.#written = callback;
  }

  #drained(): void {
    const written = this.#written;
    this.#written = null;
    written?.();
  }

  /** The first frame of a server is its SETTINGS (RFC 9113 section 3.4). */
  #putIn(): void {
    if (!this.#begun || !this.#outgoing.betweenFrames) return;
    const frames = this.#waiting;
    this.#waiting = [];
    for (const frame of frames) this.#stream.write(frame);
  }

  #sent(frame: Frame, payload: Buffer): void {
    if (frame.type === FrameType.goAway && payload.length >= 8) this.#errorCode = payload.readUInt32BE(4);
    this.#watch.sent(frame);
  }
}
