/** What the peer has sent, on its way to the parser of `node:http`: one request at a time. */
import type { Duplex } from "node:stream";

const HEADER_END = Buffer.from("\r\n\r\n", "latin1");
/** Pieces that are parsed before others have their turn. */
const PIECES_A_TURN = 64;

type Listener = (...values: unknown[]) => void;

/**
 * `node:http` parses all that has come at once, and makes two objects of kilobytes of each request of 30 octets in it. So
 * it gets pieces that end where the header of a request may end, and the next one when `mayGoOn` says so; meanwhile the
 * stream is paused. Bodies are cut at their blank lines, too, which changes nothing.
 */
export class Intake {
  readonly #stream: Duplex;
  readonly #mayGoOn: () => boolean;
  readonly #parse: Listener;
  readonly #finish: Listener;
  #rest: Buffer | null = null;
  /** What came while the rest was held: a stream that is paused may have one chunk more on its way. */
  #later: Buffer[] = [];
  /** The last octets of the piece before, as far as they may begin the end of a header. */
  #tail: Buffer = Buffer.alloc(0);
  #peerEnded = false;
  #holding = false;
  #giving = false;
  #over = false;
  readonly #onData = (chunk: Buffer) => this.#take(chunk);
  readonly #onResume = () => this.goOn();
  readonly #onEnd = () => {
    this.#peerEnded = true;
    this.goOn();
  };

  /**
   * @param stream one that `node:http` has just begun to listen to.
   * @param mayGoOn asked before each piece.
   */
  constructor(stream: Duplex, mayGoOn: () => boolean) {
    this.#stream = stream;
    this.#mayGoOn = mayGoOn;
    this.#parse = takeListeners(stream, "data");
    this.#finish = takeListeners(stream, "end");
    stream.on("data", this.#onData);
    stream.on("end", this.#onEnd);
    // A request whose body is read resumes the stream, and may do so while the next request is held.
    stream.on("resume", this.#onResume);
  }

  /** Nothing was sent that has not been parsed. */
  get empty(): boolean {
    return this.#rest === null;
  }

  /** The first octets, where somebody else has read them. */
  begin(chunk: Buffer): void {
    this.#take(chunk);
  }

  /** What has come is dropped, and what comes from now on. */
  stop(): void {
    this.#over = true;
    this.#rest = null;
    this.#later = [];
  }

  /** Leaves the stream to whoever reads it from here on. @returns what was read and not parsed. */
  release(): Buffer {
    const left = Buffer.concat([...(this.#rest ? [this.#rest] : []), ...this.#later]);
    this.stop();
    // As `node:http` leaves a stream: nothing flows before somebody listens.
    (this.#stream as { readableFlowing: boolean | null }).readableFlowing = null;
    this.#stream.off("data", this.#onData);
    this.#stream.off("end", this.#onEnd);
    this.#stream.off("resume", this.#onResume);
    return left;
  }

  goOn(): void {
    if (this.#giving || this.#over) return;
    this.#giving = true;
    let pieces = 0;
    while (this.#rest && this.#ready() && pieces < PIECES_A_TURN) {
      pieces++;
      this.#parse.call(this.#stream, this.#nextPiece(this.#rest));
    }
    this.#giving = false;
    if (this.#over) return;
    if (this.#rest && pieces === PIECES_A_TURN) {
      this.#hold();
      setImmediate(() => this.goOn());
    } else if (!this.#rest && this.#peerEnded && this.#ready()) {
      this.#over = true;
      this.#finish.call(this.#stream);
    }
  }

  #take(chunk: Buffer): void {
    if (this.#over) return;
    if (this.#rest) this.#later.push(chunk);
    else this.#rest = chunk;
    this.goOn();
  }

  /** The request that is under way has been answered, or wants more of its body and reads it. */
  #ready(): boolean {
    if (!this.#mayGoOn()) {
      this.#hold();
      return false;
    }
    if (this.#holding) {
      this.#holding = false;
      this.#stream.resume();
    }
    return !this.#stream.isPaused();
  }

  #hold(): void {
    this.#holding = true;
    this.#stream.pause();
  }

  #nextPiece(chunk: Buffer): Buffer {
    const end = this.#pieceEnd(chunk);
    this.#tail = end === null ? Buffer.concat([this.#tail, chunk.subarray(-3)]).subarray(-3) : Buffer.alloc(0);
    const rest = end === null ? null : chunk.subarray(end);
    this.#rest = rest && rest.length > 0 ? rest : (this.#later.shift() ?? null);
    return end === null ? chunk : chunk.subarray(0, end);
  }

  /** Behind the first blank line, which may have begun in the piece before; null when there is none. */
  #pieceEnd(chunk: Buffer): number | null {
    if (this.#tail.length > 0) {
      const seam = Buffer.concat([this.#tail, chunk.subarray(0, 3)]).indexOf(HEADER_END);
      if (seam !== -1) return seam + HEADER_END.length - this.#tail.length;
    }
    const at = chunk.indexOf(HEADER_END);
    return at === -1 ? null : at + HEADER_END.length;
  }
}

/** Whoever listens does so from now on through the function that is returned. */
function takeListeners(stream: Duplex, event: "data" | "end"): Listener {
  const listeners = stream.listeners(event) as Listener[];
  stream.removeAllListeners(event);
  return function tellAll(this: Duplex, ...values) {
    for (const listener of listeners) listener.apply(this, values);
  };
}
