import type { ActorOptions } from "xstate";
import type { EndCause } from "../../machines/causes.ts";
import type { CompiledMachine } from "../../machines/compile.ts";
import {
  type ActorFactory,
  actorsOf,
  carrierOf,
  type LifecycleActor,
  type LifecycleMode,
  lifecycleLogic,
} from "../../machines/lifecycle-logic.ts";
import type { Backend, Identity } from "../backend.ts";
import { LineReader } from "../line-reader.ts";
import type { ConnectionFacts, Wire } from "../protocol.ts";
import type { SaslExchange } from "../sasl.ts";
import type { BdatReader } from "./bdat-reader.ts";
import type { DataReader } from "./data-reader.ts";
import type { SmtpLimits } from "./limits.ts";
import { type SmtpEffects, type SmtpEvent, type SmtpState, smtpMachine } from "./machine.ts";
import { replies, shuttingDownReply } from "./replies.ts";
import type { Outcome, Transaction } from "./transaction.ts";

/** Who watches the charts of sessions. */
export type SmtpInspector = NonNullable<ActorOptions<CompiledMachine<typeof smtpMachine>>["inspect"]>;

/** What is the same for all sessions of one `smtp()`. */
export interface SmtpSettings {
  readonly backend: Backend;
  readonly limits: SmtpLimits;
  readonly authWithoutTls: boolean;
  readonly earlyTalker: "notice" | "reject";
  readonly banner: string;
  readonly actors: ActorFactory<typeof smtpMachine, Dialogue>;
}

/** What the client did wrong, as the reply that says so; null when all is well. */
export type Complaint = string | null;

/** Events without a field of their own. */
type PlainEvent = Exclude<SmtpEvent, { readonly type: "session.ended" }>["type"];

/**
 * The implementations are shared by all sessions; the actor tells which one is meant. The session is not in the context,
 * which inspectors see: it knows passwords.
 */
function effectsOf(self: object): SmtpEffects {
  const dialogue = carrierOf(self);
  if (!(dialogue instanceof Dialogue)) throw new Error("The SMTP machine ran in an actor that no session carries.");
  return dialogue;
}

const logic = lifecycleLogic(
  smtpMachine.provide({
    actions: {
      forgetDialogue: ({ self }) => effectsOf(self).forgetDialogue(),
      forgetTransaction: ({ self }) => effectsOf(self).forgetTransaction(),
      sayShuttingDown: ({ self }) => effectsOf(self).sayShuttingDown(),
    },
  }),
);

/** How the actors of all sessions of one `smtp()` are run. */
export function smtpActors(options: {
  readonly lifecycle: LifecycleMode;
  readonly inspect: SmtpInspector | undefined;
}): SmtpSettings["actors"] {
  const { lifecycle, inspect } = options;
  return actorsOf(logic, { mode: lifecycle, id: ({ wire }) => wire.id, inspect });
}

/** Replies beyond this go to the wire in mid-turn, so that a peer that reads nothing is noticed. */
const LONGEST_OUTPUT = 4096;

/** What the commands of a session work on: the chart, what was learned of the client, and the way out for replies. */
export class Dialogue implements SmtpEffects {
  readonly wire: Wire;
  readonly settings: SmtpSettings;
  readonly reader = new LineReader();

  /** As the client introduced itself; empty before EHLO. */
  helo = "";
  identity: Identity | null = null;
  transaction: Transaction | null = null;
  sasl: SaslExchange | null = null;
  data: DataReader | null = null;
  bdat: BdatReader | null = null;
  /** A BDAT chunk that is not wanted: the octets still to come, and what is said after them. */
  unwanted: { octets: number; readonly reply: string } | null = null;

  commands = 0;
  authenticationFailures = 0;
  rejectedRecipients = 0;
  /** The peer reads more slowly than replies are written. */
  congested = false;

  readonly #actor: LifecycleActor<typeof smtpMachine>;
  #errors = 0;
  #commandsWithoutMail = 0;
  #output = "";
  #answered: (() => void) | null = null;
  #facts: ConnectionFacts | null = null;

  constructor(wire: Wire, settings: SmtpSettings) {
    this.wire = wire;
    this.settings = settings;
    this.#actor = settings.actors(this, undefined);
    this.#actor.start();
  }

  get state(): SmtpState {
    return this.#actor.getSnapshot().value;
  }

  /** Why the session ends; to be asked for in the states `closing` and `closed`. */
  get cause(): EndCause {
    return this.#actor.getSnapshot().context.cause;
  }

  get over(): boolean {
    const { state } = this;
    return state === "closing" || state === "closed";
  }

  /** The connection as the backend may see it. */
  get facts(): ConnectionFacts {
    if (this.#facts && this.#facts.tls === this.wire.tls) return this.#facts;
    const { id, listener, generation, peer, local, proxy, tls } = this.wire;
    this.#facts = { id, listener, generation, peer, local, proxy, tls };
    return this.#facts;
  }

  /** Whether the command may come now. */
  can(type: PlainEvent): boolean {
    return this.#actor.getSnapshot().can({ type });
  }

  send(type: PlainEvent): void {
    this.#actor.send({ type });
  }

  /** Ends the session after what was said. */
  end(cause: EndCause): void {
    this.#actor.send({ type: "session.ended", cause });
  }

  reply(text: string): void {
    this.#output += text;
    if (this.#output.length > LONGEST_OUTPUT) this.flush();
  }

  /** Replies to what the client did wrong; too much of it ends the session. */
  complain(text: string): void {
    this.reply(text);
    this.#errors++;
    if (this.#errors >= this.settings.limits.errors) this.quit(replies.tooManyErrors, "too-many-errors");
  }

  /** The last words of the session. */
  quit(text: string, cause: EndCause): void {
    this.reply(text);
    this.end(cause);
  }

  /** Counts a command that brings no mail forward. @returns false when the session ends because of it. */
  countIdleCommand(): boolean {
    this.#commandsWithoutMail++;
    if (this.#commandsWithoutMail <= this.settings.limits.commandsWithoutMail) return true;
    this.quit(replies.tooManyCommands, "too-many-errors");
    return false;
  }

  /** A message was accepted or the client logged in. */
  madeProgress(): void {
    this.#errors = 0;
    this.#commandsWithoutMail = 0;
    this.rejectedRecipients = 0;
    this.wire.setSessionTimeout(this.settings.limits.progressTimeout);
  }

  flush(): void {
    if (this.#output === "") return;
    const output = this.#output;
    this.#output = "";
    if (!this.wire.write(output)) this.congested = true;
  }

  /** Asks the backend; `answered` is called in the turn after its answer. */
  async ask<T>(operation: string, question: () => Promise<T>, answered: (outcome: Outcome<T>) => void): Promise<void> {
    let outcome: Outcome<T>;
    try {
      outcome = { value: await question() };
    } catch (error) {
      outcome = { error: error instanceof Error ? error : new Error(String(error)) };
    }
    if (this.over) return;
    if ("error" in outcome) this.noticeFailure(operation, outcome.error);
    this.#answered = () => answered(outcome);
    this.wire.wake();
  }

  /** Acts on the backend's answer, if there is one. */
  takeAnswer(): void {
    const answered = this.#answered;
    this.#answered = null;
    answered?.();
  }

  noticeFailure(operation: string, error: Error): void {
    this.wire.notice({ type: "session.backendFailed", operation, error });
  }

  forgetDialogue(): void {
    this.helo = "";
    this.identity = null;
    this.reader.clear();
  }

  forgetTransaction(): void {
    this.sasl = null;
    this.data = null;
    this.bdat = null;
    const { transaction } = this;
    this.transaction = null;
    transaction?.abandon();
  }

  sayShuttingDown(): void {
    this.reply(shuttingDownReply(this.wire.hostname));
  }
}
