/**
 * Users and groups, looked up through the C library, so that every source configured on the host counts
 * (nsswitch.conf(5)).
 */
import { PrivilegeError } from "./privilege-error.ts";

/** An entry of passwd(5). */
export interface UserEntry {
  readonly name: string;
  readonly uid: number;
  /** The user's own group. */
  readonly gid: number;
}

export interface UserDatabase {
  /** getpwnam(3), or getpwuid(3) for digits. */
  user(nameOrId: string): UserEntry | null;
  /** The id by getgrnam(3), or getgrgid(3) for digits. */
  group(nameOrId: string): number | null;
}

interface Passwd {
  readonly pw_name: string;
  readonly pw_uid: number;
  readonly pw_gid: number;
}

interface Group {
  readonly gr_gid: number;
}

/** @throws PrivilegeError where the C library cannot be called; its structures are those of Linux. */
export async function openUserDatabase(): Promise<UserDatabase> {
  if (process.platform !== "linux")
    throw new PrivilegeError("users-unavailable", `A user can be given on Linux only; this is ${process.platform}.`);
  const koffi = await import("koffi").catch((error: unknown) => {
    throw new PrivilegeError("users-unavailable", `koffi could not load the C library: ${String(error)}`);
  });
  const library = koffi.load(null);
  const passwd = koffi.struct({
    pw_name: "const char *",
    pw_passwd: "const char *",
    pw_uid: "uint32_t",
    pw_gid: "uint32_t",
    pw_gecos: "const char *",
    pw_dir: "const char *",
    pw_shell: "const char *",
  });
  const group = koffi.struct({
    gr_name: "const char *",
    gr_passwd: "const char *",
    gr_gid: "uint32_t",
    gr_mem: "const void *",
  });
  const getpwnam = library.func("getpwnam", koffi.pointer(passwd), ["const char *"]);
  const getpwuid = library.func("getpwuid", koffi.pointer(passwd), ["uint32_t"]);
  const getgrnam = library.func("getgrnam", koffi.pointer(group), ["const char *"]);
  const getgrgid = library.func("getgrgid", koffi.pointer(group), ["uint32_t"]);
  return {
    user: (nameOrId) => {
      const found = isId(nameOrId) ? getpwuid(Number(nameOrId)) : getpwnam(nameOrId);
      if (!found) return null;
      const { pw_name: name, pw_uid: uid, pw_gid: gid } = koffi.decode(found, passwd) as Passwd;
      return { name, uid, gid };
    },
    group: (nameOrId) => {
      const found = isId(nameOrId) ? getgrgid(Number(nameOrId)) : getgrnam(nameOrId);
      return found ? (koffi.decode(found, group) as Group).gr_gid : null;
    },
  };
}

/** Digits are an id, as for chown(1); the largest 32-bit number is not one. */
export function isId(nameOrId: string): boolean {
  return /^\d{1,10}$/.test(nameOrId) && Number(nameOrId) < 0xffffffff;
}
