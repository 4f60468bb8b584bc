/** Who may connect to the file of a Unix socket: those who may write it (unix(7)). */
import { chmod, chown } from "node:fs/promises";
import { messageOf } from "../../config/values/thrown.ts";
import { isId, openUserDatabase } from "../privileges/user-database.ts";
import type { SocketWarning } from "../sockets/options.ts";

export interface SocketFileAccess {
  /** Octal, as for chmod(1). */
  readonly socketMode: string;
  /** `user`, `user:group` or `:group`, as for chown(1); null leaves both. */
  readonly socketOwner: string | null;
}

/** Sets both. @returns what could not be done. */
export async function setSocketFileAccess(
  path: string,
  { socketMode, socketOwner }: SocketFileAccess,
): Promise<readonly SocketWarning[]> {
  const steps = [
    { field: "socketOwner", set: () => setOwner(path, socketOwner) },
    { field: "socketMode", set: () => chmod(path, Number.parseInt(socketMode, 8)) },
  ] as const;
  const warnings: SocketWarning[] = [];
  for (const { field, set } of steps)
    await set().catch((error: unknown) =>
      warnings.push({ field, text: `${path} is not as ${field} says: ${messageOf(error)}.` }),
    );
  return warnings;
}

async function setOwner(path: string, owner: string | null): Promise<void> {
  if (owner === null) return;
  const [user = "", group = ""] = owner.split(":");
  const database = await openUserDatabase();
  const uid = user === "" ? -1 : idOf(user, database.user(user)?.uid, "user");
  const gid = group === "" ? -1 : idOf(group, database.group(group), "group");
  await chown(path, uid, gid);
}

function idOf(name: string, found: number | null | undefined, what: string): number {
  if (found !== null && found !== undefined) return found;
  if (isId(name)) return Number(name);
  throw new Error(`there is no ${what} "${name}"`);
}
