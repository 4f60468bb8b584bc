import { CONTINUE, type Verdict, WAIT, type Wire } from "../protocol.ts";
import { SessionTurns } from "../session/turns.ts";
import { append, breakAppend, finishAppend } from "./append.ts";
import { continueAuthentication, logIn } from "./authentication.ts";
import { capabilities } from "./capabilities.ts";
import { execute } from "./commands.ts";
import { bad, statusLine } from "./completion.ts";
import { ImapDialogue } from "./dialogue.ts";
import type { Command } from "./grammar/command.ts";
import type { CommandError, ReadResult } from "./grammar/read-result.ts";
import { DONE_LINE, endIdle, writeIdleChanges } from "./idle.ts";
import type { IncomingAppend } from "./incoming-append.ts";
import type { ImapState } from "./machine.ts";
import type { ImapSettings } from "./settings.ts";

/** The dialogue with one IMAP client: reads what the chart says is due, and answers each turn with a verdict. */
export class ImapSession extends SessionTurns<ImapDialogue> {
  constructor(wire: Wire, settings: ImapSettings) {
    super(new ImapDialogue(wire, settings));
  }

  protected override get logIn(): typeof logIn {
    return logIn;
  }

  protected override get notTls(): string {
    return "* BYE This port begins in clear: STARTTLS comes first\r\n";
  }

  protected override begin(): void {
    const { dialogue } = this;
    const { limits, banner } = dialogue.settings;
    dialogue.reply(`* OK [${capabilities(dialogue)}] ${dialogue.wire.hostname} ${banner}\r\n`);
    dialogue.wire.setIdleTimeout(limits.commandTimeout);
    dialogue.wire.setSessionTimeout(limits.loginTimeout);
  }

  /** A command that asks for a turn has not answered: only what the client sends renews the excuse. */
  override resume(): Verdict {
    return this.goOn();
  }

  protected override timePassed(limit: "idle" | "session"): void {
    const { dialogue } = this;
    if (limit === "session") dialogue.bye("It took too long to log in", "session-timeout");
    else if (!this.#awaitsOthers()) dialogue.bye("Idle for too long", "idle-timeout");
    else if (this.excuse()) dialogue.wire.setIdleTimeout(dialogue.settings.limits.commandTimeout);
    // In the middle of a response nothing else can be said.
    else if (dialogue.output.inResponse) dialogue.end("session-timeout");
    else dialogue.bye("[UNAVAILABLE] The mailbox takes too long, try again later", "session-timeout");
  }

  /** It is not the client's fault that nothing goes on. */
  #awaitsOthers(): boolean {
    const { dialogue } = this;
    const { state, incoming } = dialogue;
    return dialogue.is("busy") || (state === "appending" && (!incoming || incoming.full));
  }

  protected override step(state: ImapState): Verdict | null {
    const { dialogue } = this;
    switch (state) {
      case "appending":
        return this.#readMessage(dialogue.incoming);
      case "idling":
        writeIdleChanges(dialogue);
        return dialogue.over ? null : this.#read(dialogue.reader.nextLine(DONE_LINE));
      case "authenticating":
        return this.#read(dialogue.reader.nextLine(dialogue.settings.limits.authLine));
      default:
        if (dialogue.output.full) dialogue.flush();
        if (dialogue.congested) return WAIT;
        return this.#read(dialogue.reader.next());
    }
  }

  #readMessage(incoming: IncomingAppend | null): Verdict | null {
    if (!incoming || incoming.full) return WAIT;
    return this.#read(this.dialogue.reader.next());
  }

  #read(result: ReadResult): Verdict | null {
    const { dialogue } = this;
    switch (result.type) {
      case "more":
        return CONTINUE;
      case "ended":
        dialogue.end("peer-ended");
        return null;
      case "command":
        this.#command(result.command);
        return null;
      case "line":
        if (dialogue.state === "idling") endIdle(dialogue, result.line);
        else continueAuthentication(dialogue, result.line);
        return null;
      case "continuation":
        dialogue.output.text("+ Ready for the literal\r\n");
        return null;
      case "append":
        if (this.#counts()) append(dialogue, result);
        return null;
      case "message":
        dialogue.incoming?.add(result.chunk);
        return null;
      case "message-end":
        if (dialogue.incoming) finishAppend(dialogue, dialogue.incoming);
        return null;
      case "error":
        this.#complain(result);
        return null;
    }
  }

  #command(command: Command): void {
    if (this.#counts()) execute(this.dialogue, command);
  }

  /** Who has not logged in has no use for many commands. @returns false when the session ends because of them. */
  #counts(): boolean {
    const { dialogue } = this;
    if (dialogue.account) return true;
    dialogue.commands++;
    if (dialogue.commands <= dialogue.settings.limits.commandsBeforeLogin) return true;
    dialogue.bye("Too many commands before the log-in", "too-many-errors");
    return false;
  }

  #complain(error: CommandError): void {
    const { dialogue } = this;
    if (error.ends) {
      if (error.tag !== null) dialogue.output.text(statusLine(error.tag, error));
      dialogue.bye(error.text, error.ends);
    } else if (dialogue.incoming) {
      breakAppend(dialogue, { error, incoming: dialogue.incoming });
    } else if (dialogue.is("authenticating")) {
      logIn.giveUp(dialogue, bad(error.text));
    } else if (dialogue.state === "idling") {
      endIdle(dialogue, error.text);
    } else {
      dialogue.complete(error.tag ?? "*", error);
    }
  }
}
