import { closeSync, fsyncSync, openSync } from "node:fs";

/** Makes names made, renamed or removed in a directory durable: fsync(2) of a file does not cover its name. */
export function syncDirectory(directory: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
