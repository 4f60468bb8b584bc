/** Writes the events of the tree to a file, as JSON lines. */

import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { PresentedEvent, TreeObserver } from "./presented.ts";
import { linesOf, type RecordingLine, recordingVersion } from "./recording-format.ts";

/** Octets that may wait for a slow disk. */
const mostWaiting = 4_194_304;
const defaultBytes = 67_108_864;
/** Milliseconds that the disk has at the end. */
const closingLimit = 2_000;
/** Reserved for the line that says that the recording is full. */
const reserve = 64;

export interface RecordingOptions {
  /** The file's largest size in octets; 64 MiB by default. Later events are not recorded. */
  readonly maxBytes?: number;
}

export interface Recording {
  readonly observer: TreeObserver;
  /** Octets so far. */
  readonly bytes: number;
  /** Whether `maxBytes` is used up. */
  readonly full: boolean;
  /** The disk's error, if any: nothing is recorded after it. */
  readonly error: Error | null;
  /** Resolves when everything is written, or after 2 seconds: a disk that does not answer delays no end. */
  close(): Promise<void>;
}

/** The recording cannot be written. */
export class RecordingFileError extends Error {
  readonly code = "recording-unavailable";

  constructor(path: string, cause: Error) {
    const advice =
      "code" in cause && cause.code === "EEXIST" ? "it is there already; choose another name" : cause.message;
    super(`The recording ${path} cannot be made: ${advice}.`, { cause });
    this.name = "RecordingFileError";
  }
}

/**
 * Creates the file, with mode 0600; an existing one is not touched.
 * @throws RecordingFileError
 */
export async function openRecording(
  path: string,
  { maxBytes = defaultBytes }: RecordingOptions = {},
): Promise<Recording> {
  const stream = createWriteStream(path, { flags: "wx", mode: 0o600 });
  try {
    await once(stream, "open");
  } catch (error) {
    throw new RecordingFileError(path, error instanceof Error ? error : new Error(String(error)));
  }
  return new FileRecording(stream, maxBytes);
}

class FileRecording implements Recording {
  bytes = 0;
  full = false;
  error: Error | null = null;
  readonly #stream: WriteStream;
  readonly #maxBytes: number;
  #missed = 0;
  #closed = false;

  constructor(stream: WriteStream, maxBytes: number) {
    this.#stream = stream;
    this.#maxBytes = maxBytes;
    stream.on("error", (error) => {
      this.error = error;
    });
    this.#write({ type: "recording", version: recordingVersion });
  }

  readonly observer = (event: PresentedEvent): void => {
    if (this.full || this.error || this.#closed) return;
    if (this.#stream.writableLength > mostWaiting) {
      this.#missed += 1;
      return;
    }
    if (this.#missed > 0) this.#write({ type: "gap", session: null, count: this.#missed });
    this.#missed = 0;
    for (const line of linesOf(event)) this.#write(line);
  };

  async close(): Promise<void> {
    this.#closed = true;
    this.#stream.end();
    await finished(this.#stream, { signal: AbortSignal.timeout(closingLimit) }).catch(() => {});
  }

  #write(line: RecordingLine): void {
    if (this.full) return;
    const text = `${JSON.stringify(line)}\n`;
    this.full = this.bytes + Buffer.byteLength(text) + reserve > this.#maxBytes;
    const written = this.full ? '{"type":"full"}\n' : text;
    this.bytes += Buffer.byteLength(written);
    this.#stream.write(written);
  }
}
