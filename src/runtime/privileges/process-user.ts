/** The user that the process is to run as. */
import { PrivilegeError } from "./privilege-error.ts";
import { isId, openUserDatabase, type UserEntry } from "./user-database.ts";

export interface ProcessUser {
  /** Null for a user id without an entry in passwd(5): it has no further groups. */
  readonly user: string | null;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Looks up a user and a group, each by name or id, and checks that this process may become them.
 * @param group the user's own group by default
 * @throws PrivilegeError
 */
export async function findProcessUser(user: string, group?: string): Promise<ProcessUser> {
  const database = await openUserDatabase();
  const entry = database.user(user);
  if (!entry && !isId(user))
    throw new PrivilegeError("unknown-user", `There is no user "${user}". Add it (useradd --system), or name another.`);
  const gid = group === undefined ? ownGroup(entry, user) : groupId(database.group(group), group);
  const processUser = { user: entry?.name ?? null, uid: entry?.uid ?? Number(user), gid };
  if (!isAlready(processUser) && process.geteuid?.() !== 0) {
    throw new PrivilegeError(
      "not-root",
      `Only root can become the user ${processUserText(processUser)}; this process is of user id ${process.geteuid?.()}. Start it as root, or as that user without --user.`,
    );
  }
  return processUser;
}

/** `mail (8:12)`. */
export function processUserText({ user, uid, gid }: ProcessUser): string {
  return `${user ?? "without a name"} (${uid}:${gid})`;
}

/** Whether the process runs as this user and group, in all its ids. */
export function isAlready({ uid, gid }: ProcessUser): boolean {
  return (
    [process.getuid, process.geteuid].every((id) => id?.() === uid) &&
    [process.getgid, process.getegid].every((id) => id?.() === gid)
  );
}

function ownGroup(entry: UserEntry | null, user: string): number {
  if (entry) return entry.gid;
  throw new PrivilegeError("unknown-user", `No user has the id ${user}: give its group, too (--group).`);
}

function groupId(found: number | null, group: string): number {
  if (found !== null) return found;
  if (isId(group)) return Number(group);
  throw new PrivilegeError(
    "unknown-group",
    `There is no group "${group}". Add it (groupadd --system), or name another.`,
  );
}
