import { type Verdict, WAIT, type Wire } from "../protocol.ts";
import { LineTurns } from "../session/line-turns.ts";
import { logIn } from "./authentication.ts";
import { BdatReader } from "./bdat-reader.ts";
import { parseCommand } from "./command.ts";
import { execute } from "./commands.ts";
import { finishDelivery, readChunk, readData, readUnwanted } from "./content.ts";
import { SmtpDialogue, type SmtpSettings } from "./dialogue.ts";
import type { SmtpState } from "./machine.ts";
import { greetingReply, replies } from "./replies.ts";
import { UnwantedChunk } from "./unwanted-chunk.ts";

const GREETING = /^(?:EHLO|HELO|LHLO)[ \t][^\0\r]*$/i;

/** The dialogue with one SMTP client: reads what the chart says is due, and answers each turn with a verdict. */
export class SmtpSession extends LineTurns<SmtpDialogue> {
  /** Octets of the message under way at the last expiry of the progress timeout; null when there was none. */
  #sizeAtExpiry: number | null = null;

  constructor(wire: Wire, settings: SmtpSettings) {
    super(new SmtpDialogue(wire, settings));
  }

  protected override get logIn(): typeof logIn {
    return logIn;
  }

  protected override get lineReplies(): typeof replies {
    return replies;
  }

  protected override get notTls(): string {
    return this.dialogue.words.notTls;
  }

  protected override begin(): void {
    const { dialogue } = this;
    const { limits, banner } = dialogue.settings;
    dialogue.reply(greetingReply(dialogue.wire.hostname, banner));
    dialogue.wire.setIdleTimeout(limits.firstCommandTimeout);
    dialogue.wire.setSessionTimeout(limits.progressTimeout);
  }

  override secured(): Verdict {
    const { wire, settings } = this.dialogue;
    wire.setIdleTimeout(settings.limits.commandTimeout);
    return super.secured();
  }

  protected override timePassed(limit: "idle" | "session"): void {
    const { dialogue } = this;
    if (this.#awaitsBackend()) this.#excuse(limit);
    else if (limit === "idle") dialogue.quit(replies.timedOut, "idle-timeout");
    else if (this.#makesProgress()) dialogue.wire.setSessionTimeout(dialogue.settings.limits.progressTimeout);
    else dialogue.quit(replies.timedOut, "session-timeout");
  }

  /** It is not the client's fault that nothing goes on. */
  #awaitsBackend(): boolean {
    const { dialogue } = this;
    return dialogue.is("busy") || dialogue.transaction?.full === true;
  }

  #excuse(limit: "idle" | "session"): void {
    const { wire, settings } = this.dialogue;
    if (!this.excuse()) this.dialogue.quit(replies.backendSlow, "session-timeout");
    else if (limit === "idle") wire.setIdleTimeout(settings.limits.commandTimeout);
    else wire.setSessionTimeout(settings.limits.progressTimeout);
  }

  /** An authenticated client may take its time; a message that is under way has to come at a certain rate. */
  #makesProgress(): boolean {
    const { state, transaction, identity, settings } = this.dialogue;
    const before = this.#sizeAtExpiry;
    this.#sizeAtExpiry = null;
    if (!transaction || (state !== "data" && state !== "bdat")) return identity !== null;
    this.#sizeAtExpiry = transaction.size;
    const { contentRate, progressTimeout } = settings.limits;
    return before === null || transaction.size - before >= (contentRate * progressTimeout) / 1000;
  }

  protected override step(state: SmtpState): Verdict | null {
    const { dialogue } = this;
    switch (state) {
      case "delivering":
        return finishDelivery(dialogue) ? null : WAIT;
      case "data":
        return readData(dialogue);
      default:
        if (dialogue.congested) return WAIT;
        if (dialogue.content) return this.#readContent(dialogue.content);
        return this.readLine();
    }
  }

  /** @param content commands come again between the chunks of a message. */
  #readContent(content: NonNullable<SmtpDialogue["content"]>): Verdict | null {
    if (content instanceof UnwantedChunk) return readUnwanted(this.dialogue, content);
    if (content instanceof BdatReader && content.open) return readChunk(this.dialogue, content);
    return this.readLine();
  }

  /** Hosts with a name in an old charset say so, and mean no harm: what nobody can read is replaced. */
  protected override tolerated(line: string): string | null {
    return GREETING.test(line) ? line.replace(/[\x80-\xff]/g, "?") : null;
  }

  protected override command(line: string): void {
    const { dialogue } = this;
    dialogue.commands++;
    if (dialogue.commands === 1) this.#firstCommand();
    if (dialogue.over) return;
    const { verb, argument } = parseCommand(line);
    execute(dialogue, verb, argument);
  }

  /** Nothing may follow the first command before its reply: pipelining is announced there (RFC 2920 section 3.1). */
  #firstCommand(): void {
    const { wire, reader, settings } = this.dialogue;
    wire.setIdleTimeout(settings.limits.commandTimeout);
    if (reader.buffered === 0) return;
    wire.notice({ type: "session.earlyTalker" });
    if (settings.earlyTalker === "reject") this.dialogue.quit(replies.earlyTalker, "early-talker");
  }
}
