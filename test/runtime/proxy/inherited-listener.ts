import { AF_INET, AF_INET6, loadLibc, SOCK_CLOEXEC, SOCK_STREAM } from "../../../src/runtime/sockets/libc.ts";
import { decodeSockaddr, encodeSockaddr, SOCKADDR_MAX } from "../../../src/runtime/sockets/sockaddr.ts";

export interface InheritedListener {
  readonly fd: number;
  readonly port: number;
  /** Closes this process's descriptor; the program that inherited its own goes on. */
  close(): void;
}

/**
 * A listening socket on a free port, for a program that takes listeners over from its parent: no other process can
 * take the port in between, and clients may connect before the program is ready.
 */
export async function inheritedListener(address: string): Promise<InheritedListener> {
  const { libc, reason } = await loadLibc();
  if (!libc) throw new Error(reason);
  const family = address.includes(":") ? 6 : 4;
  const fd = succeeded(libc.socket(family === 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  succeeded(libc.bind(fd, encodeSockaddr({ address, port: 0, family })));
  succeeded(libc.listen(fd, 64));
  const bound = Buffer.alloc(SOCKADDR_MAX);
  succeeded(libc.getsockname(fd, bound));
  return { fd, port: decodeSockaddr(bound)?.port ?? 0, close: () => libc.close(fd) };
}

function succeeded(result: number): number {
  if (result < 0) throw new Error(`errno ${-result}`);
  return result;
}
