/** File systems that hang or refuse, in place of folders of the test's own. */
import { chmodSync, closeSync, openSync } from "node:fs";
import koffi from "koffi";
import { onTestFinished } from "vitest";
import { temporaryDirectory } from "./mailbox/temporary-directory.ts";

const [MS_RDONLY, MS_REMOUNT, MS_BIND] = [1, 32, 4096];
const MNT_DETACH = 2;

const isRoot = process.getuid?.() === 0;

function mount(source: string, target: string, how: { type?: string; flags?: number; options?: string }): boolean {
  const { type = "", flags = 0, options = "" } = how;
  const signature = "int mount(const char *, const char *, const char *, unsigned long, const char *)";
  return koffi.load(null).func(signature)(source, target, type, flags, options) === 0;
}

function unmount(target: string): void {
  koffi.load(null).func("int umount2(const char *, int)")(target, MNT_DETACH);
}

/**
 * A mount that answers nothing, as a network file system whose server is gone: every call for a file in it hangs.
 * @returns its folder; null where this user may not mount
 */
export function hungMount(): string | null {
  const fuse = openFuse();
  if (fuse === null) return null;
  const folder = temporaryDirectory();
  const options = `fd=${fuse},rootmode=40000,user_id=${process.getuid?.()},group_id=${process.getgid?.()}`;
  // Nobody ever reads the requests from /dev/fuse.
  const isMounted = mount("hung", folder, { type: "fuse", options });
  if (!isMounted) closeSync(fuse);
  else
    onTestFinished(() => {
      unmount(folder);
      closeSync(fuse);
    });
  return isMounted ? folder : null;
}

function openFuse(): number | null {
  if (!isRoot) return null;
  try {
    return openSync("/dev/fuse", "r+");
  } catch {
    return null;
  }
}

/**
 * Nothing in the folder can be written to from now on: for root it is mounted so, for others its mode says so.
 * @returns the errno that says so; null where it cannot be done
 */
export function makeReadOnly(folder: string): "EROFS" | "EACCES" | null {
  if (process.platform === "win32") return null;
  if (!isRoot) {
    chmodSync(folder, 0o500);
    onTestFinished(() => chmodSync(folder, 0o700));
    return "EACCES";
  }
  if (!mount(folder, folder, { flags: MS_BIND })) return null;
  onTestFinished(() => unmount(folder));
  return mount("", folder, { flags: MS_REMOUNT | MS_BIND | MS_RDONLY }) ? "EROFS" : null;
}

/**
 * A file system in memory that is soon full.
 * @param octets that it has room for
 * @returns its folder; null where this user may not mount
 */
export function tinyMount(octets: number): string | null {
  if (!isRoot) return null;
  const folder = temporaryDirectory();
  if (!mount("tiny", folder, { type: "tmpfs", options: `size=${octets}` })) return null;
  onTestFinished(() => unmount(folder));
  return folder;
}
