import type { EndCause } from "../../machines/causes.ts";
import { CONTINUE, close, UPGRADE, type Verdict, WAIT, type Wire } from "../protocol.ts";
import type { Handover, PredecessorSession } from "../take-over.ts";
import { append, breakAppend, finishAppend, type IncomingAppend } from "./append.ts";
import { continueAuthentication, giveUpAuthentication, takeOutcome } from "./authentication.ts";
import { capabilities } from "./capabilities.ts";
import { execute } from "./commands.ts";
import { statusLine } from "./completion.ts";
import { Dialogue } from "./dialogue.ts";
import type { Command } from "./grammar/command.ts";
import type { CommandError, ReadResult } from "./grammar/read-result.ts";
import { DONE_LINE, endIdle } from "./idle.ts";
import type { ImapSettings } from "./settings.ts";

/** The first octet of a TLS handshake (RFC 8446 section 5.1), which begins no command. */
const TLS_HANDSHAKE = 0x16;
/** How many expiries are excused while it is the mailbox or the backend that is slow. */
const EXCUSED_EXPIRIES = 1;

/** The dialogue with one IMAP client: reads what the chart says is due, and answers each turn with a verdict. */
export class ImapSession implements PredecessorSession {
  readonly #dialogue: Dialogue;
  #excused = 0;
  #handover: Handover | null = null;

  constructor(wire: Wire, settings: ImapSettings) {
    this.#dialogue = new Dialogue(wire, settings);
  }

  get state(): string {
    return this.#dialogue.state;
  }

  get handover(): Handover | null {
    const { successor, reader, state } = this.#dialogue;
    if (successor && state === "takenOver" && !this.#handover) {
      const { ended } = reader;
      this.#handover = { session: successor, rest: reader.takeRest(), ended };
    }
    return this.#handover;
  }

  greet(): Verdict {
    const dialogue = this.#dialogue;
    const { limits, banner } = dialogue.settings;
    dialogue.output.text(`* OK [${capabilities(dialogue)}] ${dialogue.wire.hostname} ${banner}\r\n`);
    dialogue.wire.setIdleTimeout(limits.commandTimeout);
    dialogue.wire.setSessionTimeout(limits.loginTimeout);
    dialogue.send("greeting.sent");
    return this.#turn();
  }

  receive(chunk: Uint8Array): Verdict {
    const dialogue = this.#dialogue;
    if (dialogue.over) return this.#turn();
    this.#excused = 0;
    if (beginsHandshake(dialogue, chunk)) {
      dialogue.bye("This port begins in clear: STARTTLS comes first", "protocol-error");
    }
    dialogue.reader.push(chunk);
    return this.#turn();
  }

  resume(): Verdict {
    if (!this.#dialogue.over) this.#dialogue.takeAnswer();
    return this.#turn();
  }

  writable(): Verdict {
    this.#dialogue.congested = false;
    return this.#turn();
  }

  secured(): Verdict {
    this.#dialogue.send("tls.secured");
    return this.#turn();
  }

  ended(): Verdict {
    this.#dialogue.reader.end();
    if (this.#dialogue.state === "upgrading") this.#dialogue.end("peer-ended");
    return this.#turn();
  }

  drain(): Verdict {
    this.#dialogue.send("drain");
    return this.#turn();
  }

  expired(limit: "idle" | "session"): Verdict {
    const dialogue = this.#dialogue;
    if (dialogue.over) return this.#turn();
    if (limit === "session") dialogue.bye("It took too long to log in", "session-timeout");
    else if (!this.#awaitsOthers()) dialogue.bye("Idle for too long", "idle-timeout");
    else if (this.#excused < EXCUSED_EXPIRIES) this.#excuse();
    else this.#giveUp();
    return this.#turn();
  }

  closed(cause: EndCause): void {
    this.#dialogue.login.end(cause);
    this.#dialogue.send("connection.closed");
  }

  /** It is not the client's fault that nothing goes on. */
  #awaitsOthers(): boolean {
    const { state, incoming } = this.#dialogue;
    return state === "executing" || state === "verifying" || (state === "appending" && (!incoming || incoming.full));
  }

  #excuse(): void {
    const { wire, settings } = this.#dialogue;
    this.#excused++;
    wire.setIdleTimeout(settings.limits.commandTimeout);
  }

  /** In the middle of a response nothing can be said. */
  #giveUp(): void {
    this.#dialogue.end("session-timeout");
  }

  #turn(): Verdict {
    const verdict = this.#work();
    this.#dialogue.flush();
    return verdict === CONTINUE && this.#dialogue.congested ? WAIT : verdict;
  }

  #work(): Verdict {
    for (;;) {
      const verdict = this.#step();
      if (verdict) return verdict;
    }
  }

  /** Does what is next. @returns null when there may be more to do. */
  #step(): Verdict | null {
    const dialogue = this.#dialogue;
    switch (dialogue.state) {
      case "logout":
      case "closed":
        return close(dialogue.cause);
      case "upgrading":
        return UPGRADE;
      case "verifying":
        takeOutcome(dialogue);
        return dialogue.state === "verifying" ? WAIT : null;
      case "greeting":
      case "executing":
      case "takenOver":
        return WAIT;
      case "appending":
        return this.#readMessage(dialogue.incoming);
      case "idling":
        if (!dialogue.congested) dialogue.tellChanges(true);
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
    return this.#read(this.#dialogue.reader.next());
  }

  #read(result: ReadResult): Verdict | null {
    const dialogue = this.#dialogue;
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
    if (this.#counts()) execute(this.#dialogue, command);
  }

  /** Who has not logged in has no use for many commands. @returns false when the session ends because of them. */
  #counts(): boolean {
    const dialogue = this.#dialogue;
    if (dialogue.account) return true;
    dialogue.commands++;
    if (dialogue.commands <= dialogue.settings.limits.commandsBeforeLogin) return true;
    dialogue.bye("Too many commands before the log-in", "too-many-errors");
    return false;
  }

  #complain(error: CommandError): void {
    const dialogue = this.#dialogue;
    if (error.fatal) {
      if (error.tag !== null) dialogue.output.text(statusLine(error.tag, error));
      dialogue.bye(error.text, "protocol-error");
    } else if (dialogue.incoming) {
      breakAppend(dialogue, { error, incoming: dialogue.incoming });
    } else if (dialogue.state === "authenticating") {
      giveUpAuthentication(dialogue, error.text);
    } else if (dialogue.state === "idling") {
      endIdle(dialogue, error.text);
    } else {
      dialogue.complete(error.tag ?? "*", error);
    }
  }
}

/** The client speaks TLS to a port that does not. */
function beginsHandshake(dialogue: Dialogue, chunk: Uint8Array): boolean {
  const nothingRead = dialogue.commands === 0 && dialogue.reader.buffered === 0;
  return nothingRead && dialogue.wire.tls === null && chunk[0] === TLS_HANDSHAKE;
}
