import type { LifecycleMode } from "../../machines/lifecycle-logic.ts";
import type { Backend } from "../backend.ts";
import { LoginFailures } from "../login-failures.ts";
import type { Mailboxes } from "../mailbox.ts";
import type { SessionProtocol } from "../protocol.ts";
import { HandoverSession, type TakeOver } from "../take-over.ts";
import type { ManageSieveInspector, ManageSieveSettings } from "./dialogue.ts";
import { defaultManageSieveLimits, type ManageSieveLimits } from "./limits.ts";
import { replies } from "./replies.ts";
import { ManageSieveSession } from "./session.ts";

export type { ManageSieveInspector } from "./dialogue.ts";
export { defaultManageSieveLimits, type ManageSieveLimits } from "./limits.ts";
export {
  type ManageSieveContext,
  type ManageSieveEffects,
  type ManageSieveEvent,
  manageSieveMachine,
} from "./machine.ts";

export interface ManageSieveOptions extends Partial<ManageSieveLimits> {
  /** Who may log in. Without `authenticate`, nobody. */
  readonly backend: Pick<Backend, "authenticate">;
  /** Where scripts are kept. */
  readonly mailboxes: Mailboxes;
  /** Take passwords on connections in clear as well. They can be read on the way then. Default: false. */
  readonly authWithoutTls?: boolean;
  /** Failed log-ins by address. Share one among protocols, so that failures of all count together. Default: one of its own. */
  readonly loginFailures?: LoginFailures;
  /** Gives the dialogue after a log-in to a session of the embedder's own. */
  readonly takeOver?: TakeOver;
  /** What the capability IMPLEMENTATION says; one line of printable ASCII. Default: `Gatehouse`. */
  readonly implementation?: string;
  /** Watches the chart of every session, which is a root actor with the connection's id (`inspect` of XState). */
  readonly inspect?: ManageSieveInspector;
  /** How the session's chart is run; `compiled` by default. */
  readonly lifecycle?: LifecycleMode;
}

/** An option of `manageSieve()` that cannot be used. */
export class ManageSieveOptionError extends TypeError {
  override readonly name = "ManageSieveOptionError";
  readonly code = "manage-sieve-option-invalid";
  readonly option: string;

  constructor(option: string, expected: string) {
    super(`The ManageSieve option ${option} must be ${expected}.`);
    this.option = option;
  }
}

/**
 * ManageSieve (RFC 5804), the server's side: all commands, STARTTLS, SASL PLAIN, UNAUTHENTICATE. Scripts are checked
 * ({@link checkScript}) and kept; nothing executes them. The limits, their defaults and what crossing them leads to are
 * those of {@link ManageSieveLimits}.
 *
 * @throws ManageSieveOptionError when a limit is not a positive integer or `implementation` is not one line of printable ASCII.
 * @example
 * const protocol = manageSieve({ backend, mailboxes });
 */
export function manageSieve(options: ManageSieveOptions): SessionProtocol {
  const settings = readSettings(options);
  return {
    kind: "session",
    name: "manageSieve",
    startTls: true,
    busy: ({ rule }) => refusalReply(rule),
    open: (wire) => {
      const session = new ManageSieveSession(wire, settings);
      return settings.login.takeOver ? new HandoverSession(wire, session) : session;
    },
  };
}

function refusalReply(rule: string): string {
  if (rule === "draining") return replies.shuttingDown;
  return rule === "blocked" ? replies.blocked : replies.busy;
}

function readSettings(options: ManageSieveOptions): ManageSieveSettings {
  const {
    backend,
    mailboxes,
    authWithoutTls = false,
    loginFailures = new LoginFailures(),
    takeOver,
    implementation = "Gatehouse",
    inspect,
    lifecycle = "compiled",
    ...given
  } = options;
  if (!/^[\x20-\x7e]{1,400}$/.test(implementation)) {
    throw new ManageSieveOptionError("implementation", "one line of printable ASCII");
  }
  const limits: Record<keyof ManageSieveLimits, number> = { ...defaultManageSieveLimits };
  for (const name of Object.keys(defaultManageSieveLimits) as (keyof ManageSieveLimits)[]) {
    const limit = given[name] ?? limits[name];
    if (!Number.isSafeInteger(limit) || limit < 1) throw new ManageSieveOptionError(name, "an integer of at least 1");
    limits[name] = limit;
  }
  const login = {
    backend,
    mechanisms: ["PLAIN"] as const,
    authWithoutTls,
    authenticationFailures: limits.authenticationFailures,
    failures: loginFailures,
    takeOver,
  };
  return { mailboxes, login, limits, implementation, inspect, lifecycle };
}
