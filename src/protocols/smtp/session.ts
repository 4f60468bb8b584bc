import type { EndCause } from "../../machines/causes.ts";
import { CONTINUE, close, type Session, UPGRADE, type Verdict, WAIT, type Wire } from "../protocol.ts";
import { concludeAuthentication, continueAuthentication, giveUp } from "./authentication.ts";
import { parseCommand } from "./command.ts";
import { execute } from "./commands.ts";
import { finishDelivery, readChunk, readData, readUnwanted } from "./content.ts";
import { Dialogue, type SmtpSettings } from "./dialogue.ts";
import { greetingReply, replies } from "./replies.ts";

/** The first octet of a TLS handshake (RFC 8446 section 5.1), which begins no command. */
const TLS_HANDSHAKE = 0x16;
/** How many expiries are excused while it is the backend that is slow. */
const EXCUSED_EXPIRIES = 1;

/** The dialogue with one SMTP client: reads what the chart says is due, and answers each turn with a verdict. */
export class SmtpSession implements Session {
  readonly #dialogue: Dialogue;
  #excused = 0;
  /** Octets of the message under way at the last expiry of the progress timeout; null when there was none. */
  #sizeAtExpiry: number | null = null;

  constructor(wire: Wire, settings: SmtpSettings) {
    this.#dialogue = new Dialogue(wire, settings);
  }

  get state(): string {
    return this.#dialogue.state;
  }

  greet(): Verdict {
    const dialogue = this.#dialogue;
    const { limits, banner } = dialogue.settings;
    dialogue.reply(greetingReply(dialogue.wire.hostname, banner));
    dialogue.wire.setIdleTimeout(limits.firstCommandTimeout);
    dialogue.wire.setSessionTimeout(limits.progressTimeout);
    dialogue.send("greeting.sent");
    return this.#turn();
  }

  receive(chunk: Uint8Array): Verdict {
    const dialogue = this.#dialogue;
    if (dialogue.over) return this.#turn();
    this.#excused = 0;
    if (beginsHandshake(dialogue, chunk)) {
      dialogue.quit(dialogue.words.notTls, "protocol-error");
    }
    dialogue.reader.push(chunk);
    return this.#turn();
  }

  resume(): Verdict {
    this.#excused = 0;
    if (!this.#dialogue.over) {
      this.#dialogue.takeAnswer();
      concludeAuthentication(this.#dialogue);
    }
    return this.#turn();
  }

  writable(): Verdict {
    this.#dialogue.congested = false;
    return this.#turn();
  }

  secured(): Verdict {
    const dialogue = this.#dialogue;
    dialogue.wire.setIdleTimeout(dialogue.settings.limits.commandTimeout);
    dialogue.send("tls.secured");
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
    if (this.#awaitsBackend()) this.#excuse(limit);
    else if (limit === "idle") dialogue.quit(replies.timedOut, "idle-timeout");
    else if (this.#makesProgress()) dialogue.wire.setSessionTimeout(dialogue.settings.limits.progressTimeout);
    else dialogue.quit(replies.timedOut, "session-timeout");
    return this.#turn();
  }

  closed(cause: EndCause): void {
    this.#dialogue.reader.clear();
    this.#dialogue.login.end(cause);
    this.#dialogue.send("connection.closed");
  }

  /** It is not the client's fault that nothing goes on. */
  #awaitsBackend(): boolean {
    const { state, transaction } = this.#dialogue;
    return state === "verifying" || state === "delivering" || transaction?.full === true;
  }

  #excuse(limit: "idle" | "session"): void {
    const { wire, settings } = this.#dialogue;
    if (this.#excused >= EXCUSED_EXPIRIES) {
      this.#dialogue.quit(replies.backendSlow, "session-timeout");
      return;
    }
    this.#excused++;
    if (limit === "idle") wire.setIdleTimeout(settings.limits.commandTimeout);
    else wire.setSessionTimeout(settings.limits.progressTimeout);
  }

  /** An authenticated client may take its time; a message that is under way has to come at a certain rate. */
  #makesProgress(): boolean {
    const { state, transaction, identity, settings } = this.#dialogue;
    const before = this.#sizeAtExpiry;
    this.#sizeAtExpiry = null;
    if (!transaction || (state !== "data" && state !== "bdat")) return identity !== null;
    this.#sizeAtExpiry = transaction.size;
    const { contentRate, progressTimeout } = settings.limits;
    return before === null || transaction.size - before >= (contentRate * progressTimeout) / 1000;
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
      case "closing":
      case "closed":
        return close(dialogue.cause);
      case "greeting":
      case "upgrading":
      case "verifying":
        return WAIT;
      case "delivering":
        return finishDelivery(dialogue) ? null : WAIT;
      case "data":
        return readData(dialogue);
      default:
        if (dialogue.congested) return WAIT;
        if (dialogue.unwanted) return readUnwanted(dialogue, dialogue.unwanted);
        if (dialogue.bdat?.open) return readChunk(dialogue, dialogue.bdat);
        return this.#readLine();
    }
  }

  #readLine(): Verdict | null {
    const dialogue = this.#dialogue;
    const { limits } = dialogue.settings;
    const authenticating = dialogue.state === "authenticating";
    switch (dialogue.reader.next(authenticating ? limits.authLine : limits.commandLine)) {
      case "more":
        return CONTINUE;
      case "ended":
        dialogue.end("peer-ended");
        return null;
      case "too-long":
        dialogue.quit(replies.lineTooLong, "line-too-long");
        return null;
      case "bare-lf":
        dialogue.quit(replies.bareLineFeed, "protocol-error");
        return null;
      case "malformed":
        giveUp(dialogue, replies.malformedLine);
        return null;
      case "line":
        if (authenticating) continueAuthentication(dialogue, dialogue.reader.line);
        else return this.#command(dialogue.reader.line);
        return null;
    }
  }

  #command(line: string): Verdict | null {
    const dialogue = this.#dialogue;
    dialogue.commands++;
    if (dialogue.commands === 1) this.#firstCommand();
    if (dialogue.over) return null;
    const { verb, argument } = parseCommand(line);
    execute(dialogue, verb, argument);
    return dialogue.state === "upgrading" ? UPGRADE : null;
  }

  /** Nothing may follow the first command before its reply: pipelining is announced there (RFC 2920 section 3.1). */
  #firstCommand(): void {
    const { wire, reader, settings } = this.#dialogue;
    wire.setIdleTimeout(settings.limits.commandTimeout);
    if (reader.buffered === 0) return;
    wire.notice({ type: "session.earlyTalker" });
    if (settings.earlyTalker === "reject") this.#dialogue.quit(replies.earlyTalker, "early-talker");
  }
}

/** The client speaks TLS to a port that does not. */
function beginsHandshake(dialogue: Dialogue, chunk: Uint8Array): boolean {
  const nothingRead = dialogue.commands === 0 && dialogue.reader.buffered === 0;
  return nothingRead && dialogue.wire.tls === null && chunk[0] === TLS_HANDSHAKE;
}
