/** The six built-in protocols, over one backend and one mailbox. */
import type { LifecycleMode } from "./charts/lifecycle-logic.ts";
import type { Backend } from "./protocols/backend.ts";
import type { HttpHandler } from "./protocols/http/http-handler.ts";
import { type AnyVersionHandler, http } from "./protocols/http/index.ts";
import { imap } from "./protocols/imap/index.ts";
import { lmtp } from "./protocols/lmtp/index.ts";
import { LoginFailures } from "./protocols/login-failures.ts";
import type { Mailboxes } from "./protocols/mailbox.ts";
import { manageSieve } from "./protocols/manage-sieve/index.ts";
import { pop3 } from "./protocols/pop3/index.ts";
import type { Protocol } from "./protocols/protocol.ts";
import { smtp } from "./protocols/smtp/index.ts";
import type { TakeOver } from "./protocols/take-over.ts";

export interface BuiltInProtocolOptions {
  readonly backend: Backend;
  /** Null: there is no mail to read, so IMAP, POP3 and ManageSieve are not available. */
  readonly mailboxes: Mailboxes | null;
  /** Used in place of `backend.authenticate`; those who log in by certificate are then its matter, too. */
  readonly authenticate?: NonNullable<Backend["authenticate"]>;
  /** Used in place of `backend.authenticateCertificate`. */
  readonly authenticateCertificate?: NonNullable<Backend["authenticateCertificate"]>;
  readonly takeOver?: TakeOver;
  /** Failed log-ins of an address count together, whichever protocol they used. */
  readonly loginFailures?: LoginFailures;
  /** The handler of HTTP requests. */
  readonly onRequest: HttpHandler;
  readonly lifecycle?: LifecycleMode;
}

export function builtInProtocols(options: BuiltInProtocolOptions): readonly Protocol[] {
  const { mailboxes, takeOver, onRequest, lifecycle } = options;
  const backend = withOwnLogIns(options);
  const shared = {
    backend,
    loginFailures: options.loginFailures ?? new LoginFailures(),
    ...(lifecycle ? { lifecycle } : {}),
  };
  const delivering = [smtp(shared), lmtp(shared), http({ onRequest: onRequest as AnyVersionHandler, http2: true })];
  if (!mailboxes) return delivering;
  const reading = { ...shared, mailboxes, ...(takeOver ? { takeOver } : {}) };
  return [...delivering, imap(reading), pop3(reading), manageSieve(reading)];
}

/** Accounts of one's own take the place of the backend's, whichever way one logs in. */
function withOwnLogIns({ backend, authenticate, authenticateCertificate }: BuiltInProtocolOptions): Backend {
  if (!authenticate && !authenticateCertificate) return backend;
  const { authenticateCertificate: _, ...others } = backend;
  const byCertificate = authenticateCertificate ?? (authenticate ? undefined : backend.authenticateCertificate);
  return {
    ...others,
    ...(authenticate && { authenticate }),
    ...(byCertificate && { authenticateCertificate: byCertificate }),
  };
}
