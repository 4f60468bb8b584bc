/** From root to another user, for good. */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { messageOf } from "../../config/values/thrown.ts";
import { errnoOf } from "../tls/secret-text.ts";
import { ownFolder } from "./own-folder.ts";
import { PrivilegeError } from "./privilege-error.ts";
import { isAlready, type ProcessUser, processUserText } from "./process-user.ts";

/** `@types/node` leaves `process.initgroups` out. */
type InitGroups = { readonly initgroups?: (user: string, extraGroup: number) => void };

/**
 * Gives folders to a user, then becomes that user: initgroups(3), setgid(2), setuid(2), for every thread of the
 * process. There is no way back, which is verified. Does nothing when the process already runs as that user.
 * @param folders created when missing
 * @throws PrivilegeError
 */
export async function dropPrivileges(processUser: ProcessUser, folders: readonly string[]): Promise<void> {
  if (isAlready(processUser)) return;
  for (const folder of folders) await ownFolder(folder, processUser);
  try {
    if (processUser.user === null) process.setgroups?.([processUser.gid]);
    else (process as InitGroups).initgroups?.(processUser.user, processUser.gid);
    process.setgid?.(processUser.gid);
    process.setuid?.(processUser.uid);
  } catch (error) {
    throw new PrivilegeError(
      "privileges-kept",
      `This process could not become the user ${processUserText(processUser)}: ${messageOf(error)}.`,
    );
  }
  if (!isAlready(processUser) || canBecomeRoot())
    throw new PrivilegeError(
      "privileges-kept",
      `This process became the user ${processUserText(processUser)} and could still become root: see its capabilities (capsh --print).`,
    );
  for (const folder of folders) await assertReachable(folder, processUser);
}

function canBecomeRoot(): boolean {
  try {
    process.setuid?.(0);
    return true;
  } catch {
    return false;
  }
}

/** A folder may belong to the user and yet lie within one that the user may not enter. */
async function assertReachable(folder: string, processUser: ProcessUser): Promise<void> {
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new PrivilegeError(
      "folder-unusable",
      `The user ${processUserText(processUser)} cannot get at ${folder} (${errnoOf(error)}): it has to be able to enter every folder above it. Choose another with --data.`,
    );
  }
}
