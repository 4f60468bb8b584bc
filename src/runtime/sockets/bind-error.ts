import { bindAdvice, errnoText } from "./errno.ts";
import { findPortOwner, type PortOwner } from "./owner.ts";

/** A failed call, before its cause has been looked up. */
export interface FailedCall {
  /** `socket`, `bind`, `listen`, … */
  readonly syscall: string;
  /** `EADDRINUSE`. */
  readonly errno: string;
}

/** An address that cannot be listened on. The message says which, why, and what to do. */
export class BindError extends Error {
  readonly code = "bind-failed";
  /** `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `EAFNOSUPPORT`, … */
  readonly errno: string;
  readonly syscall: string;
  /** As the document writes it: `[::]:25`. */
  readonly address: string;
  /** What to do, in whole sentences; part of the message. */
  readonly hint: string;
  /** Who holds the port, for `EADDRINUSE`, if known. */
  readonly owner: PortOwner | null;

  constructor(address: string, failed: FailedCall, { hint, owner }: { hint: string; owner: PortOwner | null }) {
    super(`Cannot listen on ${address}: ${errnoText(failed.errno)} (${failed.errno} from ${failed.syscall}). ${hint}`);
    this.name = "BindError";
    this.errno = failed.errno;
    this.syscall = failed.syscall;
    this.address = address;
    this.hint = hint;
    this.owner = owner;
  }
}

/** Finds out who holds the port, and writes the advice. */
export async function explainBindFailure(
  target: { readonly host: string; readonly port: number; readonly text: string },
  failed: FailedCall,
): Promise<BindError> {
  const owner =
    failed.errno === "EADDRINUSE" && target.port !== 0 ? await findPortOwner(target.host, target.port) : null;
  const hint = bindAdvice({ errno: failed.errno, host: target.host, port: target.port, owner });
  return new BindError(target.text, failed, { hint, owner });
}
