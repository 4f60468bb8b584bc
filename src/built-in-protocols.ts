/** The six built-in protocols, over one backend and one mailbox; each is loaded when a document first names it. */
import type { LifecycleMode } from "./charts/lifecycle-logic.ts";
import { onDemand } from "./on-demand.ts";
import type { Backend } from "./protocols/backend.ts";
import type { HttpHandler } from "./protocols/http/http-handler.ts";
import type { AnyVersionHandler } from "./protocols/http/index.ts";
import { LoginFailures } from "./protocols/login-failures.ts";
import type { Mailboxes } from "./protocols/mailbox.ts";
import type { Protocol } from "./protocols/protocol.ts";
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
  onRequest(): HttpHandler | Promise<HttpHandler>;
  readonly lifecycle?: LifecycleMode;
}

/** Makes a built-in protocol; null where there is none of this name, or no mail for it to read. */
export type BuiltInProtocols = (name: string) => Promise<Protocol | null>;

export function builtInProtocols(options: BuiltInProtocolOptions): BuiltInProtocols {
  const { mailboxes, takeOver, lifecycle } = options;
  const shared = {
    backend: withOwnLogIns(options),
    loginFailures: options.loginFailures ?? new LoginFailures(),
    ...(lifecycle ? { lifecycle } : {}),
  };
  const reading = mailboxes && { ...shared, mailboxes, ...(takeOver ? { takeOver } : {}) };
  return async (name) => {
    switch (name) {
      case "smtp":
        return (await onDemand(() => import("./protocols/smtp/index.ts"))).smtp(shared);
      case "lmtp":
        return (await onDemand(() => import("./protocols/lmtp/index.ts"))).lmtp(shared);
      case "http": {
        const { http } = await onDemand(() => import("./protocols/http/index.ts"));
        return http({ onRequest: (await options.onRequest()) as AnyVersionHandler, http2: true });
      }
      case "imap":
        return reading && (await onDemand(() => import("./protocols/imap/index.ts"))).imap(reading);
      case "pop3":
        return reading && (await onDemand(() => import("./protocols/pop3/index.ts"))).pop3(reading);
      case "manageSieve":
        return reading && (await onDemand(() => import("./protocols/manage-sieve/index.ts"))).manageSieve(reading);
      default:
        return null;
    }
  };
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
