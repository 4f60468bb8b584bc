import type { AccountMail } from "../mailbox.ts";
import type { Wire } from "../protocol.ts";
import { SessionChart } from "../session/chart-actor.ts";
import type { MailboxSessionSettings } from "../session/options.ts";
import { ReplyDialogue } from "../session/reply-dialogue.ts";
import { CommandReader } from "./command-reader.ts";
import type { ManageSieveLimits } from "./limits.ts";
import {
  type ManageSieveEffects,
  type ManageSieveEvent,
  type ManageSieveState,
  manageSieveEffects,
  manageSieveMachine,
} from "./machine.ts";
import { replies } from "./replies.ts";

/** What is the same for all sessions of one `manageSieve()`. */
export interface ManageSieveSettings extends MailboxSessionSettings {
  readonly limits: ManageSieveLimits;
  readonly banner: string;
}

/** What the client did wrong, as the reply that says so; null when all is well. */
export type Complaint = string | null;

const chart = new SessionChart<ManageSieveState, ManageSieveEffects>(manageSieveMachine, manageSieveEffects);

/** What the commands of a session work on: the chart, who logged in, the scripts, and the way out for replies. */
export class ManageSieveDialogue
  extends ReplyDialogue<ManageSieveState, ManageSieveEvent, ManageSieveSettings>
  implements ManageSieveEffects
{
  override readonly reader = new CommandReader();

  /** The name of who logged in; for the capability OWNER. */
  owner = "";
  /** Null before the log-in. */
  account: AccountMail | null = null;

  constructor(wire: Wire, settings: ManageSieveSettings) {
    super(chart, wire, settings);
  }

  protected override get tooManyErrors(): string {
    return replies.tooManyErrors;
  }

  forgetDialogue(): void {
    this.reader.clear();
  }

  closeAccount(): void {
    this.owner = "";
    const { account } = this;
    this.account = null;
    this.closeOpened("mailboxes", account);
  }

  sayShuttingDown(): void {
    this.reply(replies.shuttingDown);
  }
}
