/** A client of HTTP/2 that sends frame by frame, in clear, and may send what no library would. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { FrameReader } from "../../src/protocols/http/http2/frame-reader.ts";
import { type Frame, PREFACE } from "../../src/protocols/http/http2/frames.ts";

export interface ReceivedFrame extends Frame {
  readonly payload: Buffer;
}

export interface FrameClient {
  readonly socket: Socket;
  send(...frames: readonly Buffer[]): void;
  /** Waits for a frame, and takes it and all before it. */
  next(type: number, stream?: number): Promise<ReceivedFrame>;
  /** `fin` when the server closed in order, else the error. */
  readonly end: Promise<string>;
}

export const type = Object.freeze({
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
  unknown: 0x42,
});

export const endStream = 0x1;
export const endHeaders = 0x4;

export interface FrameParts {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Buffer;
}

export function frame({ type: kind, flags = 0, stream = 0, payload = Buffer.alloc(0) }: FrameParts): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = kind;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** GET (or POST) of `/` at `localhost`, by indices of the static table of HPACK (RFC 7541 appendix A). */
export function fieldsOf(method: "GET" | "POST" = "GET"): Buffer {
  const authority = Buffer.from("localhost");
  return Buffer.concat([Buffer.from([method === "GET" ? 0x82 : 0x83, 0x86, 0x84, 0x41, authority.length]), authority]);
}

export function request(stream: number, { flags = endStream | endHeaders, payload = fieldsOf() } = {}): Buffer {
  return frame({ type: type.headers, flags, stream, payload });
}

export function uint32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

/** Of a GOAWAY. */
export function goAwayOf({ payload }: ReceivedFrame): { readonly lastStream: number; readonly code: number } {
  return { lastStream: payload.readUInt32BE(0), code: payload.readUInt32BE(4) };
}

/** Connects and sends the preface. @param settings the payload of its SETTINGS */
export async function frameClient(port: number, settings: Buffer = Buffer.alloc(0)): Promise<FrameClient> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const end = Promise.withResolvers<string>();
  socket.on("end", () => end.resolve("fin"));
  socket.on("error", (error: NodeJS.ErrnoException) => end.resolve(error.code ?? error.message));
  socket.on("close", () => end.resolve("closed"));
  const received = new ReceivedFrames();
  socket.on("data", (chunk: Buffer) => received.take(chunk));
  void end.promise.then((how) => received.end(how));
  socket.write(Buffer.concat([PREFACE, frame({ type: type.settings, payload: settings })]));
  return {
    socket,
    end: end.promise,
    send: (...frames) => void socket.write(Buffer.concat(frames)),
    next: (kind, stream) =>
      received.next((one) => one.type === kind && (stream === undefined || one.stream === stream)),
  };
}

interface Waiting {
  readonly wanted: (frame: ReceivedFrame) => boolean;
  readonly found: (frame: ReceivedFrame) => void;
  readonly failed: (error: Error) => void;
}

class ReceivedFrames {
  readonly #frames: ReceivedFrame[] = [];
  #octets = Buffer.alloc(0);
  #waiting: Waiting | null = null;
  #ended: string | null = null;

  take(chunk: Buffer): void {
    this.#octets = Buffer.concat([this.#octets, chunk]);
    for (;;) {
      const length = this.#octets.length < 9 ? Number.POSITIVE_INFINITY : 9 + this.#octets.readUIntBE(0, 3);
      if (this.#octets.length < length) break;
      const whole = this.#octets.subarray(0, length);
      this.#octets = this.#octets.subarray(length);
      new FrameReader((frame, payload) => this.#frames.push({ ...frame, payload: Buffer.from(payload) })).read(whole);
    }
    this.#look();
  }

  end(how: string): void {
    this.#ended = how;
    this.#look();
  }

  next(wanted: Waiting["wanted"]): Promise<ReceivedFrame> {
    return new Promise((found, failed) => {
      this.#waiting = { wanted, found, failed };
      this.#look();
    });
  }

  #look(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    const at = this.#frames.findIndex(waiting.wanted);
    const found = this.#frames[at];
    if (found) this.#frames.splice(0, at + 1);
    if (!found && this.#ended === null) return;
    this.#waiting = null;
    if (found) waiting.found(found);
    else waiting.failed(new Error(`The server ended (${this.#ended}) without the frame; it sent ${this.#types()}.`));
  }

  #types(): string {
    return this.#frames.map((frame) => frame.type).join(" ");
  }
}
