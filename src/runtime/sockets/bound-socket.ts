import type { Server } from "node:net";
import type { SocketSettings, SocketWarning } from "./options.ts";
import type { BoundAddress } from "./sockaddr.ts";

/** What to bind. */
export interface BindTarget {
  /** Numeric, without brackets; `::` listens on both families unless `ipv6Only`. */
  readonly host: string;
  readonly family: 4 | 6;
  /** 0 asks for a free port. */
  readonly port: number;
  /** As the document writes it: `[::]:25`. */
  readonly text: string;
  /** The same document binds `0.0.0.0` on this port too. */
  readonly ipv6Only: boolean;
}

/** What a `retune` did on the live socket. */
export interface Retuned {
  /** The fields that changed and are in force. */
  readonly applied: string[];
  /** The fields that changed and need the socket to be replaced, or cannot be done here at all. */
  readonly unsupported: SocketWarning[];
}

/**
 * A socket that is bound and belongs to the runtime; Node's servers come and go on it.
 *
 * Its life: `listen()`, then any number of `accept(server)` and `suspend(server)`, then `close()`. Between them clients
 * are neither refused nor reset: the kernel completes their handshakes and queues them, up to the backlog.
 */
export interface BoundSocket {
  /** As bound, with the port that the kernel chose for port 0. */
  readonly address: BoundAddress;
  /**
   * Whoever started this process made the socket and may have it open, too: who is queued when it closes waits there for
   * the next process.
   */
  readonly inherited: boolean;
  /** What was asked for and is not so; the field is that of the document, or `bind` for the fallback to IPv4. */
  readonly warnings: readonly SocketWarning[];
  /**
   * listen(2) with `socketBacklog`. Safe to call again.
   * @throws BindError EADDRINUSE when another socket bound to the same address began to listen first.
   */
  listen(): Promise<void>;
  /** Lets a server accept from this socket, listening first if that was not done; resolves when it does. */
  accept(server: Server): Promise<void>;
  /** Ends the server's accepting and nothing else: its connections go on, new clients queue. */
  suspend(server: Server): Promise<void>;
  /** Puts changed settings into force for the next connections, without a gap. */
  applySettings(settings: SocketSettings): Retuned;
  /** What getsockopt(2) says, by field, with `ipv6Only` and `ipv6UnicastHops` besides; null for what it does not say. */
  readOptions(): Record<string, number | boolean | null>;
  /** How many clients wait to be accepted; null when it cannot be known. */
  queued(): number | null;
  /**
   * The kernel leaves further clients unanswered; those that it has queued can still be accepted. They ask again after a
   * second, and are refused then if the socket is closed. For good, so only before `close()`.
   * @returns false where that cannot be done, or would concern other processes that have the socket too.
   */
  queueNoMore(): boolean;
  /** Closes the socket and ends all accepting. Clients that wait to be accepted are reset. Safe to call again. */
  close(): void;
}
