import { open } from "node:fs/promises";
import { toFileError } from "./file-error.ts";

/** Afterwards the names in a folder are on disk, too. Some file systems cannot do that, and need not. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    if (toFileError(folder, error).errno !== "EINVAL") throw error;
  } finally {
    await handle.close();
  }
}
