/** Octets of a message where it lies, a piece at a time, in the turns of the thread that reads them. */
import { closeSync, openSync, readSync } from "node:fs";
import type { ReadRange } from "../message/parse-structure.ts";
import type { Turn } from "./fair-turns.ts";

/** Octets that are taken at once. */
const PIECE = 65_536;

export function slices(bytes: Uint8Array, turn: Turn): ReadRange {
  return async function* (start, end) {
    for (let at = start; at < end; at += PIECE) {
      const rest = turn.rest();
      if (rest) await rest;
      yield bytes.subarray(at, Math.min(at + PIECE, end));
    }
  };
}

/** The file is read when its turn is, and by this thread: that is what it is for. */
export function fileRange(file: string, turn: Turn): ReadRange {
  return async function* (start, end) {
    const descriptor = openSync(file, "r");
    try {
      for (let at = start; at < end; at += PIECE) {
        const rest = turn.rest();
        if (rest) await rest;
        const piece = Buffer.allocUnsafeSlow(Math.min(PIECE, end - at));
        const length = readSync(descriptor, piece, 0, piece.length, at);
        if (length === 0) return;
        yield piece.subarray(0, length);
      }
    } finally {
      closeSync(descriptor);
    }
  };
}

/** Expunged, and its file removed, since the row was read. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
