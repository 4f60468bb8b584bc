import type { Server, Socket } from "node:net";
import type { PeerProcess } from "../../protocols/endpoint.ts";
import type { Descriptor } from "./descriptor.ts";
import type { SocketSettings, SocketWarning } from "./options.ts";
import type { BoundAddress } from "./sockaddr.ts";
import type { SocketFile } from "./socket-file.ts";

/** What to bind. */
export interface BindTarget {
  /**
   * Numeric, without brackets; `::` listens on both families unless `ipv6Only`. Of a Unix socket its path, or `@name`; of
   * a descriptor that this process was started with its number.
   */
  readonly host: string;
  readonly family: 4 | 6 | "unix" | "fd";
  /** 0 asks for a free port. */
  readonly port: number;
  /** As the document writes it: `[::]:25`. */
  readonly text: string;
  /** The same document binds `0.0.0.0` on this port too. */
  readonly ipv6Only: boolean;
}

/** With the family of the socket itself. */
export type SocketTarget = BindTarget & { readonly family: BoundAddress["family"] };

/** The result of `applySettings` on a live socket. */
export interface AppliedSettings {
  /** The changed fields that are in force. */
  readonly applied: string[];
  /** The changed fields that need the socket to be replaced, or are not supported here at all. */
  readonly unsupported: SocketWarning[];
}

/** A socket that another process may be started with. */
export interface InheritableSocket {
  readonly descriptor: Descriptor;
  readonly address: BoundAddress;
  /** IPV6_V6ONLY; false for IPv4. */
  readonly ipv6Only: boolean;
  /** The settings in force. */
  readonly settings: SocketSettings;
  /** Of a Unix socket, where this process has to remove it. */
  readonly file: SocketFile | null;
  /** The other process goes on using it: from here on it is `inherited`. */
  leaveToSuccessor(): void;
  /** Sets all options again, which the other process may have changed. */
  restoreSettings(): void;
}

/**
 * A bound socket, which belongs to the runtime; Node's servers come and go on it.
 *
 * Its life: `listen()`, then any number of `accept(server)` and `suspend(server)`, then `close()`. In between, clients
 * are neither refused nor reset: the kernel completes their handshakes and queues them, up to the backlog.
 */
export interface BoundSocket {
  /** As bound, with the port that the kernel chose for port 0. */
  readonly address: BoundAddress;
  /**
   * Whether the process that started this one made the socket and may have it open too: clients queued when it closes
   * wait for the next process.
   */
  readonly inherited: boolean;
  /** For a process that is to inherit the socket, and for threads that accept from it too; null where `node:net` has it. */
  readonly inheritable: InheritableSocket | null;
  /** What differs from the settings; the field is the document's, or `bind` for the fallback to IPv4. */
  readonly warnings: readonly SocketWarning[];
  /**
   * listen(2) with `socketBacklog`. Safe to call again.
   * @throws BindError EADDRINUSE when another socket bound to the same address began to listen first.
   */
  listen(): Promise<void>;
  /** Lets a server accept from this socket, listening first if necessary; resolves when it accepts. */
  accept(server: Server): Promise<void>;
  /** Which process has connected, for an accepted socket of a Unix socket; null where that is not known. */
  processOf(accepted: Socket): PeerProcess | null;
  /** Stops the server's accepting and nothing else: its connections go on, new clients queue. */
  suspend(server: Server): Promise<void>;
  /** Applies changed settings to the next connections, without a gap. */
  applySettings(settings: SocketSettings): AppliedSettings;
  /**
   * What getsockopt(2) reports, by field, and also `ipv6Only` and `ipv6UnicastHops`; null for what it does not report.
   */
  readOptions(): Record<string, number | boolean | null>;
  /** How many clients wait to be accepted; null when unknown. */
  queued(): number | null;
  /**
   * Makes the kernel ignore further clients; those already queued can still be accepted. New clients retry after a
   * second, and are refused if the socket is closed by then. Cannot be undone, so only before `close()`.
   * @returns false where it is not possible, or would affect other processes that have the socket too.
   */
  queueNoMore(): boolean;
  /** Closes the socket and ends all accepting. Clients that wait to be accepted are reset. Safe to call again. */
  close(): void;
}
