import { constants, type Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { boundedCall } from "./bounded-calls.ts";
import { digestOf } from "./digest.ts";
import { FileError, toFileError } from "./file-error.ts";

export interface ReadLimits {
  /** Octets that the file may have. */
  readonly maxSize: number;
  /** In milliseconds; {@link FILE_TIMEOUT} by default. */
  readonly timeout?: number;
}

export interface FileBytes {
  readonly bytes: Buffer;
  /** Equal for equal bytes; reveals nothing about them. */
  readonly digest: string;
}

/**
 * Reads a whole file. Never waits longer than the limit, whatever the path leads to, and takes regular files only: a
 * pipe would wait for its writer, and opening a device may have effects of its own.
 * @throws FileError
 */
export function readFileWithin(path: string, { maxSize, timeout }: ReadLimits): Promise<FileBytes> {
  return boundedCall(path, (signal) => readWhole(path, { maxSize, signal }), timeout);
}

/** The same, or null when there is no such file. @throws FileError */
export async function readFileIfThere(path: string, limits: ReadLimits): Promise<FileBytes | null> {
  try {
    return await readFileWithin(path, limits);
  } catch (error) {
    if (toFileError(path, error).errno === "ENOENT") return null;
    throw error;
  }
}

interface Reading {
  readonly maxSize: number;
  readonly signal: AbortSignal;
}

async function readWhole(path: string, reading: Reading): Promise<FileBytes> {
  // Checked before it is opened, and again afterwards, when nobody can put something else in its place.
  assertRegular(path, await stat(path));
  const handle = await opened(path, reading.signal);
  try {
    reading.signal.throwIfAborted();
    const found = await handle.stat();
    assertRegular(path, found);
    if (found.size > reading.maxSize) throw tooLarge(path, reading.maxSize);
    const bytes = await contentOf(handle, path, reading);
    return { bytes, digest: digestOf(bytes) };
  } finally {
    await handle.close();
  }
}

/** Milliseconds between two attempts while another process, e.g. a file server, holds a lease on the file. */
const leasePause = 50;

/**
 * Without O_NONBLOCK, open(2) would wait for the holder of a lease (fcntl(2)); with it, it requests the file and fails.
 */
async function opened(path: string, signal: AbortSignal): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch (error) {
      if (toFileError(path, error).errno !== "EAGAIN") throw error;
      await delay(leasePause);
      signal.throwIfAborted();
    }
  }
}

const firstChunk = 16_384;

/** Reads to the end, whatever size fstat(2) reports: files of /proc report 0, and one that is being written grows. */
async function contentOf(handle: FileHandle, path: string, { maxSize, signal }: Reading): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (let length = firstChunk; ; length *= 2) {
    signal.throwIfAborted();
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length);
    if (bytesRead === 0) return Buffer.concat(chunks, size);
    chunks.push(buffer.subarray(0, bytesRead));
    size += bytesRead;
    if (size > maxSize) throw tooLarge(path, maxSize);
  }
}

function assertRegular(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  const problem = `it is ${kindOf(stats)}; name a regular file`;
  throw new FileError("not-a-regular-file", path, { problem });
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

function tooLarge(path: string, maxSize: number): FileError {
  const problem = `it has more than the ${maxSize} octets that it may have; see whether it is the right file`;
  return new FileError("file-too-large", path, { problem });
}
