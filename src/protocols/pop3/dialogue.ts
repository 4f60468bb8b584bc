import { LineReader } from "../line-reader.ts";
import type { AccountMail, MessageContent } from "../mailbox.ts";
import type { Wire } from "../protocol.ts";
import { SessionChart } from "../session/chart-actor.ts";
import type { MailboxSessionSettings } from "../session/options.ts";
import { ReplyDialogue } from "../session/reply-dialogue.ts";
import type { Pop3Limits } from "./limits.ts";
import { type Pop3Effects, type Pop3Event, type Pop3State, pop3Effects, pop3Machine } from "./machine.ts";
import type { MarkedMaildrop } from "./marked-maildrop.ts";
import type { MessageText } from "./message-text.ts";
import { replies, shuttingDownReply } from "./replies.ts";

/** A message on its way to the client. */
export interface Retrieval {
  readonly content: MessageContent;
  readonly text: MessageText;
  /** Octets that have been read. */
  position: number;
}

/** What is the same for all sessions of one `pop3()`. */
export interface Pop3Settings extends MailboxSessionSettings {
  readonly limits: Pop3Limits;
  readonly banner: string;
}

/** What the client did wrong, as the reply that says so; null when all is well. */
export type Complaint = string | null;

const chart = new SessionChart<Pop3State, Pop3Effects>(pop3Machine, pop3Effects);

/** What the commands of a session work on: the chart, what was learned of the client, and the way out for replies. */
export class Pop3Dialogue extends ReplyDialogue<Pop3State, Pop3Event, Pop3Settings> implements Pop3Effects {
  override readonly reader = new LineReader();

  /** As USER gave it. */
  username = "";
  account: AccountMail | null = null;
  maildrop: MarkedMaildrop | null = null;
  /** The rest of a listing that is being written. */
  listing: Iterator<string> | null = null;
  retrieval: Retrieval | null = null;

  constructor(wire: Wire, settings: Pop3Settings) {
    super(chart, wire, settings);
  }

  protected override get tooManyErrors(): string {
    return replies.tooManyErrors;
  }

  forgetDialogue(): void {
    this.username = "";
    this.reader.clear();
  }

  releaseMaildrop(): void {
    const { account, retrieval } = this;
    this.account = null;
    this.maildrop = null;
    this.listing = null;
    this.retrieval = null;
    this.closeOpened("maildrop.content", retrieval?.content);
    this.closeOpened("mailboxes", account);
  }

  sayShuttingDown(): void {
    this.reply(shuttingDownReply(this.wire.hostname));
  }
}
