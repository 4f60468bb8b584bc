/**
 * A network of this process's own, where root may have one: a port that is free on one address is free on all others,
 * and stays free, since no other process takes any. Children are in it too. Elsewhere tests share the machine's.
 */
import koffi from "koffi";

const CLONE_NEWNET = 0x4000_0000;
const [AF_INET, SOCK_DGRAM, SOCK_CLOEXEC] = [2, 2, 0x8_0000];
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;
const IFREQ_SIZE = 40;
const IFREQ_FLAGS = 16;

/** Whether this process has left the machine's network. */
export const hasOwnNetwork: boolean = process.platform === "linux" && process.getuid?.() === 0 && leaveTheMachines();

/**
 * unshare(2) moves the calling thread, and with it the threads and processes that it starts later. An environment that
 * forbids it leaves everything as it is.
 */
function leaveTheMachines(): boolean {
  const libc = koffi.load(null);
  if (libc.func("int unshare(int)")(CLONE_NEWNET) !== 0) return false;
  const fd: number = libc.func("int socket(int, int, int)")(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const request = Buffer.alloc(IFREQ_SIZE);
  request.write("lo", "latin1");
  request.writeInt16LE(IFF_UP, IFREQ_FLAGS);
  const isUp = libc.func("int ioctl(int, unsigned long, void *)")(fd, SIOCSIFFLAGS, request) === 0;
  libc.func("int close(int)")(fd);
  if (!isUp) throw new Error("The network of this test's own has no loopback.");
  return true;
}
