import type { EndCause } from "../../machines/causes.ts";
import { CONTINUE, close, UPGRADE, type Verdict, WAIT, type Wire } from "../protocol.ts";
import type { Handover, PredecessorSession } from "../take-over.ts";
import { concludeAuthentication, continueAuthentication, giveUp } from "./authentication.ts";
import { execute } from "./commands.ts";
import { Dialogue, type Pop3Settings } from "./dialogue.ts";
import { greetingReply, replies } from "./replies.ts";
import { continueRetrieval } from "./retrieval.ts";

/** The first octet of a TLS handshake (RFC 8446 section 5.1), which begins no command. */
const tlsHandshake = 0x16;
/** How many expiries are excused while it is the mailbox that is slow. */
const excusedExpiries = 1;

/** The dialogue with one POP3 client: reads what the chart says is due, and answers each turn with a verdict. */
export class Pop3Session implements PredecessorSession {
  readonly #dialogue: Dialogue;
  #excused = 0;

  constructor(wire: Wire, settings: Pop3Settings) {
    this.#dialogue = new Dialogue(wire, settings);
  }

  get state(): string {
    return this.#dialogue.state;
  }

  get handover(): Handover | null {
    return this.#dialogue.handover;
  }

  greet(): Verdict {
    const dialogue = this.#dialogue;
    const { limits, banner } = dialogue.settings;
    dialogue.reply(greetingReply(dialogue.wire.hostname, banner));
    dialogue.wire.setIdleTimeout(limits.idleTimeout);
    dialogue.wire.setSessionTimeout(limits.loginTimeout);
    dialogue.send("greeting.sent");
    return this.#turn();
  }

  receive(chunk: Uint8Array): Verdict {
    const dialogue = this.#dialogue;
    if (dialogue.over) return this.#turn();
    this.#excused = 0;
    if (beginsHandshake(dialogue, chunk)) dialogue.quit(replies.notTls, "protocol-error");
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
    if (limit === "session") dialogue.quit(replies.loginTimedOut, "session-timeout");
    else if (!dialogue.asking && dialogue.state !== "verifying") dialogue.end("idle-timeout");
    else if (this.#excused < excusedExpiries) this.#excused++;
    else dialogue.end("session-timeout");
    return this.#turn();
  }

  closed(cause: EndCause): void {
    this.#dialogue.reader.clear();
    this.#dialogue.login.end(cause);
    this.#dialogue.send("connection.closed");
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
      case "locking":
      case "update":
        return WAIT;
      case "takenOver":
        return CONTINUE;
      case "listing":
        return continueListing(dialogue);
      case "retrieving":
        return continueRetrieval(dialogue);
      default:
        return dialogue.congested ? WAIT : this.#readLine();
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
        return this.#line(dialogue.reader.line, authenticating);
    }
  }

  #line(line: string, authenticating: boolean): Verdict | null {
    const dialogue = this.#dialogue;
    if (authenticating) {
      continueAuthentication(dialogue, line);
      return null;
    }
    dialogue.commands++;
    execute(dialogue, line);
    return dialogue.state === "upgrading" ? UPGRADE : null;
  }
}

/** Goes on with a listing, as far as the client reads it. */
function continueListing(dialogue: Dialogue): Verdict | null {
  for (;;) {
    if (dialogue.congested) return WAIT;
    const line = dialogue.listing?.next();
    if (!line || line.done) break;
    dialogue.reply(line.value);
  }
  dialogue.listing = null;
  dialogue.reply(".\r\n");
  dialogue.send("response.sent");
  return null;
}

/** The client speaks TLS to a port that does not. */
function beginsHandshake(dialogue: Dialogue, chunk: Uint8Array): boolean {
  const nothingRead = dialogue.commands === 0 && dialogue.reader.buffered === 0;
  return nothingRead && dialogue.wire.tls === null && chunk[0] === tlsHandshake;
}
