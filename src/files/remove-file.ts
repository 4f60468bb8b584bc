import { unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { boundedCall } from "./bounded-calls.ts";
import { toFileError, unwritable } from "./file-error.ts";
import { syncFolder } from "./synced-folder.ts";

/** Takes a file away for good. @returns false when there was none. @throws FileError `file-unwritable`, `file-timeout` */
export function removeFile(path: string): Promise<boolean> {
  return boundedCall(path, async () => {
    try {
      await unlink(path);
      await syncFolder(dirname(path));
      return true;
    } catch (error) {
      if (toFileError(path, error).errno === "ENOENT") return false;
      throw unwritable(path, error);
    }
  });
}
