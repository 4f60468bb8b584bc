/**
 * Reads over the plain lines of a text, sixteen octets at a time: by WebAssembly, as JavaScript has no instructions for
 * that. Whatever is not plain is left to the reader, in JavaScript, which decides what it means.
 */
import { lineScanCode, scannable } from "./line-scan-code.ts";

/** Octets from which on a chunk is worth the copy into the module's memory. */
const worthwhile = 2_048;

/** Where a text is read over, and what is plain in it. */
export interface PlainLines {
  /** The place of the line's first octet; negative where it came with a chunk before. */
  readonly lineStart: number;
  /** Octets of the longest line that is plain, with its end. */
  readonly longest: number;
  /** With this octet no plain line begins. */
  readonly stop: number;
}

interface ScanModule {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly lineStart: { readonly value: number };
  scan(at: number, last: number, lineStart: number, longest: number, stop: number): number;
}

export class LineScan {
  /** The place of the first octet of the line that `skip` has stopped in. */
  lineStart = 0;
  readonly #module: ScanModule;
  readonly #memory: Uint8Array;
  #length = 0;

  constructor(module: ScanModule) {
    this.#module = module;
    this.#memory = new Uint8Array(module.memory.buffer);
  }

  /** The chunk that `skip` reads over from here on. @throws RangeError when it has more than `scannable` octets. */
  take(chunk: Uint8Array): void {
    this.#memory.set(chunk);
    this.#length = chunk.length;
  }

  /**
   * Reads over text and over CRLF, as far as lines are plain. The octet before `from` is no CR, and no line begins at
   * `from` with `stop`.
   * @returns a place of which the same is true: that of the first octet that is not plain, or one shortly before it.
   */
  skip(from: number, { lineStart, longest, stop }: PlainLines): number {
    const end = this.#module.scan(from, this.#length - 16, lineStart, longest, stop);
    this.lineStart = this.#module.lineStart.value;
    return end;
  }
}

interface WebAssemblyLike {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** Null where there is no WebAssembly, or no SIMD in it. */
export function makeLineScan(webAssembly: unknown): LineScan | null {
  const { Module, Instance } = (webAssembly ?? {}) as Partial<WebAssemblyLike>;
  if (!Module || !Instance) return null;
  try {
    return new LineScan(new Instance(new Module(lineScanCode)).exports as ScanModule);
  } catch {
    // An old processor has no such instructions, and a limit may leave no room for the memory.
    return null;
  }
}

/** One for all texts, as each chunk is read over in one go. Undefined until there is something to read over. */
let shared: LineScan | null | undefined;

/** What reads over this chunk, until it is asked for another one; null where its reader is to do it alone. */
export function lineScanOf(chunk: Uint8Array): LineScan | null {
  if (chunk.length < worthwhile || chunk.length > scannable) return null;
  if (shared === undefined) shared = makeLineScan(Reflect.get(globalThis, "WebAssembly"));
  shared?.take(chunk);
  return shared;
}
