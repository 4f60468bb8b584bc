import type { Backend, Envelope, Identity } from "../backend.ts";
import { LineReader } from "../line-reader.ts";
import { factsOf } from "../login.ts";
import type { ConnectionFacts, Wire } from "../protocol.ts";
import { SessionChart } from "../session/chart-actor.ts";
import type { SessionSettings } from "../session/options.ts";
import { ReplyDialogue } from "../session/reply-dialogue.ts";
import type { BdatReader } from "./bdat-reader.ts";
import type { DataReader } from "./data-reader.ts";
import type { Dialect } from "./dialect.ts";
import type { Extensions } from "./extensions.ts";
import type { SmtpLimits } from "./limits.ts";
import { type SmtpEffects, type SmtpEvent, type SmtpState, smtpEffects, smtpMachine } from "./machine.ts";
import { replies, shuttingDownReply } from "./replies.ts";
import type { Transaction, TransactionOwner } from "./transaction.ts";
import type { UnwantedChunk } from "./unwanted-chunk.ts";

/** What is the same for all sessions of one `smtp()` or `lmtp()`. */
export interface SmtpSettings extends SessionSettings {
  readonly dialect: Dialect;
  readonly extensions: Extensions;
  readonly backend: Backend;
  readonly limits: SmtpLimits;
  readonly earlyTalker: "notice" | "reject";
  readonly banner: string;
}

/** How the client introduced itself. */
export interface Introduction {
  /** The name that it gave. */
  readonly helo: string;
  /** By the command that it gave it with. */
  readonly protocol: Envelope["protocol"];
}

/** Before EHLO. */
const notIntroduced: Introduction = { helo: "", protocol: "SMTP" };

/** What the client did wrong, as the reply that says so; null when all is well. */
export type Complaint = string | null;

const chart = new SessionChart<SmtpState, SmtpEffects>(smtpMachine, smtpEffects);

/** What the commands of a session work on: the chart, what was learned of the client, and the way out for replies. */
export class SmtpDialogue
  extends ReplyDialogue<SmtpState, SmtpEvent, SmtpSettings>
  implements SmtpEffects, TransactionOwner
{
  override readonly reader = new LineReader();

  introduction: Introduction = notIntroduced;
  identity: Identity | null = null;
  transaction: Transaction | null = null;
  /** What the octets go to that are no commands. */
  content: DataReader | BdatReader | UnwantedChunk | null = null;
  rejectedRecipients = 0;

  #commandsWithoutMail = 0;
  #facts: ConnectionFacts | null = null;

  constructor(wire: Wire, settings: SmtpSettings) {
    super(chart, wire, settings);
  }

  protected override get tooManyErrors(): string {
    return replies.tooManyErrors;
  }

  /** The replies that differ between SMTP and LMTP. */
  get words(): Dialect["replies"] {
    return this.settings.dialect.replies;
  }

  /** The connection as the backend may see it. */
  get facts(): ConnectionFacts {
    if (this.#facts && this.#facts.tls === this.wire.tls) return this.#facts;
    this.#facts = factsOf(this.wire);
    return this.#facts;
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
    this.forgiveErrors();
    this.#commandsWithoutMail = 0;
    this.rejectedRecipients = 0;
    this.wire.setSessionTimeout(this.settings.limits.progressTimeout);
  }

  messageAnswered(transaction: Transaction): void {
    const { outcome, refusal } = transaction;
    if (!outcome || !("error" in outcome) || refusal !== null || !this.#isUnderWay(transaction)) return;
    this.noticeFailure("message", outcome.error);
  }

  messageCalls(transaction: Transaction): void {
    if (this.#isUnderWay(transaction)) this.wire.wake();
  }

  #isUnderWay(transaction: Transaction): boolean {
    return !this.over && this.transaction === transaction;
  }

  forgetDialogue(): void {
    this.introduction = notIntroduced;
    this.identity = null;
    this.reader.clear();
  }

  forgetTransaction(): void {
    this.cancelLogin();
    this.content = null;
    const { transaction } = this;
    this.transaction = null;
    transaction?.abandon();
  }

  sayShuttingDown(): void {
    this.reply(shuttingDownReply(this.wire.hostname));
  }
}
