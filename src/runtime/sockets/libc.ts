/**
 * The system calls of listening sockets, from the C library that the process already has loaded.
 *
 * Every call returns what the kernel does: zero or more on success, minus errno on failure. EINTR is retried, except
 * after close(2), where Linux has already freed the descriptor. The constants are those of Linux on x86-64 and arm64.
 */
export interface Libc {
  /** socket(2): a descriptor. */
  socket(domain: number, type: number, protocol: number): number;
  /** bind(2). */
  bind(fd: number, address: Uint8Array): number;
  /** listen(2); on a listening socket it changes the backlog. */
  listen(fd: number, backlog: number): number;
  /** getsockname(2) into `address`: the length written. */
  getsockname(fd: number, address: Uint8Array): number;
  /** setsockopt(2) of an `int`. */
  setsockopt(fd: number, option: OptionName, value: number): number;
  /** getsockopt(2) into `value`: the length written. */
  getsockopt(fd: number, option: OptionName, value: Uint8Array): number;
  /** setsockopt(2) SO_ATTACH_FILTER: a classic BPF program that filters packets (socket(7)). */
  attachFilter(fd: number, program: readonly FilterInstruction[]): number;
  /** fcntl(2) F_DUPFD_CLOEXEC: another descriptor of the same socket. */
  duplicate(fd: number): number;
  /** dup2(2): `target` becomes another descriptor of the same file. */
  duplicateOnto(fd: number, target: number): number;
  /** fcntl(2) F_SETFD FD_CLOEXEC: children do not inherit the descriptor. */
  closeOnExec(fd: number): number;
  /** sendto(2) with MSG_NOSIGNAL: the octets sent. */
  sendto(fd: number, message: Uint8Array, address: Uint8Array): number;
  /** poll(2) without waiting: 1 where there is something to read, or somebody to accept; else 0. */
  readable(fd: number): number;
  /** epoll_ctl(2), with the descriptor as what epoll tells of it, as libuv does. */
  epollControl(epoll: number, operation: number, watch: { readonly fd: number; readonly events: number }): number;
  /** close(2). */
  close(fd: number): number;
  /** _exit(2): ends the process without waiting for threads that are in a system call. */
  exit(status: number): never;
}

/** `struct sock_filter` of linux/filter.h. */
export interface FilterInstruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** A socket option by its numbers. */
export interface OptionName {
  readonly level: number;
  readonly option: number;
}

/** The calls, or why there are none. */
export type LibcLookup =
  | { readonly libc: Libc; readonly reason: null }
  | { readonly libc: null; readonly reason: string };

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLLIN = 1;
export const EPOLLEXCLUSIVE = 1 << 28;

const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_DUPFD_CLOEXEC = 1030;
const MSG_NOSIGNAL = 0x4000;
const FIRST_FD_AFTER_STDIO = 3;
const POLLIN = 1;
const EINTR = 4;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;

let lookup: Promise<LibcLookup> | undefined;

/** Loads the binding at the first call; later calls get the same result. Never rejects. */
export function loadLibc(): Promise<LibcLookup> {
  lookup ??= load();
  return lookup;
}

async function load(): Promise<LibcLookup> {
  if (process.platform !== "linux")
    return { libc: null, reason: `socket options need Linux, this is ${process.platform}` };
  try {
    return { libc: bindCalls(await import("koffi")), reason: null };
  } catch (error) {
    const detail = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
    return { libc: null, reason: `koffi could not load the C library: ${detail}` };
  }
}

function bindCalls(koffi: typeof import("koffi")): Libc {
  const library = koffi.load(null);
  const socket = library.func("int socket(int domain, int type, int protocol)");
  const bind = library.func("int bind(int fd, const void *address, uint32_t length)");
  const listen = library.func("int listen(int fd, int backlog)");
  const getsockname = library.func("int getsockname(int fd, void *address, void *length)");
  const setsockopt = library.func("int setsockopt(int fd, int level, int option, const void *value, uint32_t length)");
  const instruction = koffi.struct({ code: "uint16_t", jt: "uint8_t", jf: "uint8_t", k: "uint32_t" });
  const filter = koffi.struct({ len: "uint16_t", filter: koffi.pointer(instruction) });
  const attach = library.func("setsockopt", "int", ["int", "int", "int", koffi.pointer(filter), "uint32_t"]);
  const getsockopt = library.func("int getsockopt(int fd, int level, int option, void *value, void *length)");
  const fcntl = library.func("int fcntl(int fd, int command, ...)");
  const dup2 = library.func("int dup2(int fd, int target)");
  const sendto = library.func(
    "long sendto(int fd, const void *message, size_t size, int flags, const void *address, uint32_t length)",
  );
  const poll = library.func("int poll(void *descriptors, unsigned long count, int timeout)");
  const epollControl = library.func("int epoll_ctl(int epoll, int operation, int fd, const void *event)");
  const close = library.func("int close(int fd)");
  const exit = library.func("void _exit(int status)");

  const once = (call: () => number): number => {
    const result = call();
    return result < 0 ? -koffi.errno() : result;
  };
  const retried = (call: () => number): number => {
    let result = once(call);
    while (result === -EINTR) result = once(call);
    return result;
  };
  /** For calls with a value-result length: the length on success. */
  const sized = (buffer: Uint8Array, call: (length: Uint8Array) => number): number => {
    const length = int(buffer.length);
    const result = retried(() => call(length));
    return result < 0 ? result : length.readInt32LE();
  };

  return {
    socket: (domain, type, protocol) => retried(() => socket(domain, type, protocol)),
    bind: (fd, address) => retried(() => bind(fd, address, address.length)),
    listen: (fd, backlog) => retried(() => listen(fd, backlog)),
    getsockname: (fd, address) => sized(address, (length) => getsockname(fd, address, length)),
    setsockopt: (fd, { level, option }, value) => {
      const bytes = int(value);
      return retried(() => setsockopt(fd, level, option, bytes, bytes.length));
    },
    attachFilter: (fd, program) => {
      const value = { len: program.length, filter: program };
      return retried(() => attach(fd, SOL_SOCKET, SO_ATTACH_FILTER, value, koffi.sizeof(filter)));
    },
    getsockopt: (fd, { level, option }, value) =>
      sized(value, (length) => getsockopt(fd, level, option, value, length)),
    duplicate: (fd) => retried(() => fcntl(fd, F_DUPFD_CLOEXEC, "int", FIRST_FD_AFTER_STDIO)),
    duplicateOnto: (fd, target) => retried(() => dup2(fd, target)),
    closeOnExec: (fd) => retried(() => fcntl(fd, F_SETFD, "int", FD_CLOEXEC)),
    sendto: (fd, message, address) =>
      retried(() => sendto(fd, message, message.length, MSG_NOSIGNAL, address, address.length)),
    readable: (fd) => {
      const polled = Buffer.alloc(8);
      polled.writeInt32LE(fd, 0);
      polled.writeInt16LE(POLLIN, 4);
      return retried(() => poll(polled, 1, 0));
    },
    epollControl: (epoll, operation, { fd, events }) => {
      // `struct epoll_event` is packed on x86-64 only.
      const event = Buffer.alloc(16);
      event.writeUInt32LE(events, 0);
      event.writeInt32LE(fd, process.arch === "x64" ? 4 : 8);
      return retried(() => epollControl(epoll, operation, fd, event));
    },
    close: (fd) => once(() => close(fd)),
    exit: (status): never => exit(status) as never,
  };
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
