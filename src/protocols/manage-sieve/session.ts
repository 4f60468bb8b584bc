import type { EndCause } from "../../machines/causes.ts";
import { CONTINUE, close, UPGRADE, type Verdict, WAIT, type Wire } from "../protocol.ts";
import type { Handover, PredecessorSession } from "../take-over.ts";
import { concludeAuthentication, continueAuthentication, giveUp } from "./authentication.ts";
import { capabilityLines } from "./capabilities.ts";
import type { ReadLimits } from "./command-reader.ts";
import { execute, isHttp } from "./commands.ts";
import { Dialogue, type ManageSieveSettings } from "./dialogue.ts";
import { replies } from "./replies.ts";
import type { Word } from "./words.ts";

/** The first octet of a TLS handshake (RFC 8446 section 5.1), which begins no command. */
const TLS_HANDSHAKE = 0x16;
/** How many expiries are excused while it is the mailbox that is slow. */
const EXCUSED_EXPIRIES = 1;

/** The dialogue with one ManageSieve client: reads what the chart says is due, and answers each turn with a verdict. */
export class ManageSieveSession implements PredecessorSession {
  readonly #dialogue: Dialogue;
  readonly #limits: ReadLimits;
  #excused = 0;

  constructor(wire: Wire, settings: ManageSieveSettings) {
    const dialogue = new Dialogue(wire, settings);
    const { commandLine, authLine, refusedScript } = settings.limits;
    this.#dialogue = dialogue;
    this.#limits = {
      get line() {
        return dialogue.state === "authenticating" ? authLine : commandLine;
      },
      literal: (words) => longestLiteral(dialogue, words),
      get refused() {
        return dialogue.account ? refusedScript : authLine;
      },
    };
  }

  get state(): string {
    return this.#dialogue.state;
  }

  get handover(): Handover | null {
    const { successor, reader, state } = this.#dialogue;
    if (!successor || state !== "takenOver") return null;
    return { session: successor, rest: reader.rest(), ended: reader.ended };
  }

  greet(): Verdict {
    const dialogue = this.#dialogue;
    const { limits } = dialogue.settings;
    dialogue.reply(capabilityLines(dialogue) + replies.ready);
    dialogue.wire.setIdleTimeout(limits.commandTimeout);
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

  /** RFC 5804 section 2.2: the capabilities are sent again. */
  secured(): Verdict {
    const dialogue = this.#dialogue;
    dialogue.send("tls.secured");
    if (!dialogue.over) dialogue.reply(capabilityLines(dialogue) + replies.ready);
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
    if (limit === "session") dialogue.quit(replies.loginTimeout, "session-timeout");
    else if (dialogue.state === "working" || dialogue.state === "verifying") this.#excuse();
    else dialogue.quit(replies.idle, "idle-timeout");
    return this.#turn();
  }

  closed(cause: EndCause): void {
    this.#dialogue.reader.clear();
    this.#dialogue.login.end(cause);
    this.#dialogue.send("connection.closed");
  }

  /** It is not the client's fault that nothing goes on. */
  #excuse(): void {
    const { wire, settings } = this.#dialogue;
    if (this.#excused >= EXCUSED_EXPIRIES) {
      this.#dialogue.quit(replies.mailboxSlow, "session-timeout");
      return;
    }
    this.#excused++;
    wire.setIdleTimeout(settings.limits.commandTimeout);
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
      case "working":
        return WAIT;
      case "takenOver":
        return CONTINUE;
      default:
        return dialogue.congested ? WAIT : this.#readCommand();
    }
  }

  #readCommand(): Verdict | null {
    const dialogue = this.#dialogue;
    const { reader } = dialogue;
    switch (reader.next(this.#limits)) {
      case "more":
        return CONTINUE;
      case "ended":
        dialogue.end("peer-ended");
        return null;
      case "line-too-long":
        dialogue.quit(replies.lineTooLong, "line-too-long");
        return null;
      case "literal-too-long":
        dialogue.quit(replies.literalTooLong, "line-too-long");
        return null;
      case "bare-lf":
        dialogue.quit(replies.bareLineFeed, "protocol-error");
        return null;
      case "lost":
        dialogue.quit(replies.lost, "protocol-error");
        return null;
      case "malformed":
        this.#count();
        if (isHttp(reader.words)) dialogue.quit(replies.notHttp, "protocol-error");
        else giveUp(dialogue, replies.malformed);
        return null;
      case "string-too-long":
        this.#count();
        giveUp(dialogue, isScript(reader.words) ? replies.scriptTooLarge : replies.stringTooLong);
        return null;
      case "command":
        return this.#command(reader.words);
    }
  }

  #command(words: readonly Word[]): Verdict | null {
    const dialogue = this.#dialogue;
    this.#count();
    if (dialogue.over) return null;
    if (dialogue.state === "authenticating") continueAuthentication(dialogue, words);
    else execute(dialogue, words);
    return dialogue.state === "upgrading" ? UPGRADE : null;
  }

  /** What a client may ask for that has not logged in is bounded. */
  #count(): void {
    const dialogue = this.#dialogue;
    dialogue.commands++;
    if (dialogue.account || dialogue.commands <= dialogue.settings.limits.commandsBeforeLogin) return;
    dialogue.quit(replies.tooManyCommands, "too-many-errors");
  }
}

/** The next word is the script of PUTSCRIPT or CHECKSCRIPT. */
function isScript([first, ...given]: readonly Word[]): boolean {
  if (first?.type !== "atom") return false;
  return (first.name === "PUTSCRIPT" && given.length === 1) || (first.name === "CHECKSCRIPT" && given.length === 0);
}

function longestLiteral({ account, settings }: Dialogue, words: readonly Word[]): number {
  if (!account) return settings.limits.authLine;
  return isScript(words) ? account.limits.maxScriptSize : settings.limits.commandLine;
}

/** The client speaks TLS to a port that does not. */
function beginsHandshake(dialogue: Dialogue, chunk: Uint8Array): boolean {
  const nothingRead = dialogue.commands === 0 && dialogue.reader.buffered === 0;
  return nothingRead && dialogue.wire.tls === null && chunk[0] === TLS_HANDSHAKE;
}
