/** A mount that answers nothing, as a network file system whose server is gone: every call for a file in it hangs. */
import { closeSync, openSync } from "node:fs";
import koffi from "koffi";
import { onTestFinished } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";

const MNT_DETACH = 2;

/** @returns the folder where it is mounted; null where this user may not mount. */
export function hungMount(): string | null {
  const libc = koffi.load(null);
  const mount = libc.func("int mount(const char *, const char *, const char *, unsigned long, const char *)");
  const unmount = libc.func("int umount2(const char *, int)");
  const fuse = openFuse();
  if (fuse === null) return null;
  const folder = temporaryDirectory();
  const options = `fd=${fuse},rootmode=40000,user_id=${process.getuid?.()},group_id=${process.getgid?.()}`;
  // Nobody ever reads the requests from /dev/fuse.
  const isMounted = mount("hung", folder, "fuse", 0, options) === 0;
  if (!isMounted) closeSync(fuse);
  else
    onTestFinished(() => {
      unmount(folder, MNT_DETACH);
      closeSync(fuse);
    });
  return isMounted ? folder : null;
}

function openFuse(): number | null {
  try {
    return openSync("/dev/fuse", "r+");
  } catch {
    return null;
  }
}
