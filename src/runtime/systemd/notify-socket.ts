/** The sending side of sd_notify(3): lines of assignments, in datagrams to a UNIX socket. */
import { Descriptor } from "../sockets/descriptor.ts";
import { errnoName } from "../sockets/errno.ts";
import { AF_UNIX, type Libc, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from "../sockets/libc.ts";
import { encodeUnixSockaddr } from "../sockets/sockaddr.ts";

/** How long to wait when the receiver's queue is full, in milliseconds. */
const retryInterval = 50;
const EAGAIN = -11;

/** The service manager cannot be notified. */
export class NotifySocketError extends Error {
  readonly code = "notify-socket";

  constructor(path: string, problem: string) {
    super(`The service manager cannot be notified at ${path}: ${problem}. Check NOTIFY_SOCKET.`);
    this.name = "NotifySocketError";
  }
}

/** One assignment of sd_notify(3), e.g. `READY=1`. */
export type Assignments = Readonly<Record<string, string | number>>;

export class NotifySocket {
  readonly #libc: Libc;
  readonly #path: string;
  readonly #address: Buffer;
  readonly #descriptor: Descriptor;
  /** In order: systemd expects RELOADING=1 before READY=1. */
  readonly #unsent: Buffer[] = [];
  #retry: NodeJS.Timeout | undefined;

  /** @param path as in `NOTIFY_SOCKET`: absolute, or beginning with `@`. @throws NotifySocketError, SockaddrError */
  constructor(libc: Libc, path: string) {
    if (!/^[/@]./.test(path)) throw new NotifySocketError(path, "it is neither a path nor an abstract name");
    this.#libc = libc;
    this.#path = path;
    this.#address = encodeUnixSockaddr(path);
    const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) throw new NotifySocketError(path, errnoName(fd));
    this.#descriptor = new Descriptor(libc, fd);
  }

  /** @throws NotifySocketError when nobody receives there. */
  send(assignments: Assignments): void {
    const lines = Object.entries(assignments).map(([name, value]) => `${name}=${String(value).replaceAll("\n", " ")}`);
    this.#unsent.push(Buffer.from(lines.join("\n")));
    this.#flush();
  }

  /** What has not been sent by now is dropped. Safe to call again. */
  close(): void {
    clearTimeout(this.#retry);
    this.#unsent.length = 0;
    this.#descriptor.close();
  }

  #flush(): void {
    clearTimeout(this.#retry);
    for (let message = this.#unsent[0]; message !== undefined; message = this.#unsent[0]) {
      const bytes = message;
      const sent = this.#descriptor.use((fd) => this.#libc.sendto(fd, bytes, this.#address));
      if (sent === EAGAIN) {
        this.#retry = setTimeout(() => this.#flush(), retryInterval);
        return;
      }
      this.#unsent.shift();
      if (sent < 0) throw new NotifySocketError(this.#path, errnoName(sent));
    }
  }
}
