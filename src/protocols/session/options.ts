/** The options that all protocols share, and the settings made from them. */
import type { Inspector } from "../../charts/inspector.ts";
import type { LifecycleMode } from "../../charts/lifecycle-logic.ts";
import {
  aFlag,
  aFunction,
  anything,
  type OptionForm,
  type OptionForms,
  objectWith,
  oneOf,
  optionMistake,
  required,
} from "../../config/values/option-forms.ts";
import type { Backend } from "../backend.ts";
import type { LoginSettings } from "../login.ts";
import { LoginFailures } from "../login-failures.ts";
import type { Mailboxes } from "../mailbox.ts";
import { type SaslMechanism, saslMechanisms } from "../sasl.ts";
import type { TakeOver } from "../take-over.ts";

export interface SessionOptions {
  /** Who may log in. Without `authenticate`, nobody. */
  readonly backend: Pick<Backend, "authenticate" | "authenticateCertificate">;
  /** Take log-ins on connections in clear as well. Passwords can be read on the way then. Default: false. */
  readonly authWithoutTls?: boolean;
  /** Failed log-ins by address. Share one among protocols, so that failures of all count together. Default: one of its own. */
  readonly loginFailures?: LoginFailures;
  /**
   * Watches the chart of every session, which is a root actor with the connection's id (`inspect` of XState). By default
   * whoever watches its connection does.
   */
  readonly inspect?: Inspector;
  /** How the session's chart is run; `compiled` by default. */
  readonly lifecycle?: LifecycleMode;
}

/** Of the protocols that are of no use without a log-in. */
export interface MailboxSessionOptions extends SessionOptions {
  /** Where mail and scripts are kept. */
  readonly mailboxes: Mailboxes;
  /** After the log-in, a session of your own in place of the protocol's, for whom it gives one. */
  readonly takeOver?: TakeOver;
}

/** What is the same for all sessions of one protocol. */
export interface SessionSettings {
  readonly login: LoginSettings;
  readonly limits: { readonly errors: number; readonly authenticationFailures: number };
  readonly inspect: Inspector | undefined;
  readonly lifecycle: LifecycleMode;
}

export interface MailboxSessionSettings extends SessionSettings {
  readonly mailboxes: Mailboxes;
}

/** An option of a protocol that cannot be used: of `defineProtocol()`, `http()`, `smtp()` and its like. */
export class ProtocolOptionError extends TypeError {
  override readonly name = "ProtocolOptionError";
  readonly code = "protocol-option-invalid";
  /** As a listener's `protocol`. */
  readonly protocol: string;
  readonly option: string;

  constructor(protocol: string, option: string, expected: string) {
    super(`The option ${option} of ${protocol}() must be ${expected}.`);
    this.protocol = protocol;
    this.option = option;
  }
}

/** What the options that all protocols of mail share have to be. */
export const sessionForms: OptionForms<SessionOptions & { readonly banner: string }> = {
  backend: required(objectWith("an object, whose methods say who may log in and what becomes of mail")),
  authWithoutTls: aFlag,
  loginFailures: objectWith("a LoginFailures", { required: ["remaining", "failed"] }),
  inspect: anything,
  lifecycle: oneOf("compiled", "interpreted"),
  banner: anything,
};

export const mailboxForms: OptionForms<MailboxSessionOptions & { readonly banner: string }> = {
  ...sessionForms,
  mailboxes: required(objectWith("an object with a method open()", { required: ["open"] })),
  takeOver: aFunction,
};

/** The options of one protocol, as they are read. */
export class OptionReader {
  readonly #protocol: string;

  constructor(protocol: string) {
    this.#protocol = protocol;
  }

  /** @param forms of the options beside the limits. @throws ProtocolOptionError */
  check(options: object, forms: Readonly<Record<string, OptionForm>>, limits: object): void {
    const ofLimits = Object.fromEntries(Object.keys(limits).map((name) => [name, anything]));
    const mistake = optionMistake(options ?? {}, { ...forms, ...ofLimits });
    if (mistake) this.#refuse(mistake.option, mistake.expected);
  }

  /** Those that were given, and the defaults. @throws ProtocolOptionError */
  limits<Limits>(defaults: Limits, given: Partial<Limits>): Limits {
    const limits: Limits = { ...defaults };
    for (const name of Object.keys(defaults as object) as (keyof Limits & string)[]) {
      const limit: unknown = given[name] ?? limits[name];
      if (!Number.isSafeInteger(limit) || (limit as number) < 1) this.#refuse(name, "an integer of at least 1");
      limits[name] = limit as Limits[typeof name];
    }
    return limits;
  }

  /** @throws ProtocolOptionError */
  lineOfText(option: string, text: string): string {
    if (!/^[\x20-\x7e]{1,400}$/.test(text)) this.#refuse(option, "one line of printable ASCII");
    return text;
  }

  /** @param mechanisms what is announced; all that are known by default. */
  session<Limits extends SessionSettings["limits"]>(
    options: SessionOptions & { readonly takeOver?: TakeOver },
    limits: Limits,
    mechanisms: readonly SaslMechanism[] = saslMechanisms,
  ): SessionSettings & { readonly limits: Limits } {
    const { backend, authWithoutTls = false, loginFailures = new LoginFailures(), takeOver, inspect } = options;
    const { authenticationFailures } = limits;
    const login = { backend, mechanisms, authWithoutTls, authenticationFailures, failures: loginFailures, takeOver };
    return { login, limits, inspect, lifecycle: options.lifecycle ?? "compiled" };
  }

  #refuse(option: string, expected: string): never {
    throw new ProtocolOptionError(this.#protocol, option, expected);
  }
}
