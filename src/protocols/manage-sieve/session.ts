import { CONTINUE, type Verdict, WAIT, type Wire } from "../protocol.ts";
import { SessionTurns } from "../session/turns.ts";
import { continueAuthentication, logIn } from "./authentication.ts";
import { capabilityLines } from "./capabilities.ts";
import type { ReadLimits } from "./command-reader.ts";
import { execute } from "./commands.ts";
import { ManageSieveDialogue, type ManageSieveSettings } from "./dialogue.ts";
import { replies } from "./replies.ts";
import type { Word } from "./words.ts";

/** The dialogue with one ManageSieve client: reads what the chart says is due, and answers each turn with a verdict. */
export class ManageSieveSession extends SessionTurns<ManageSieveDialogue> {
  readonly #limits: ReadLimits;

  constructor(wire: Wire, settings: ManageSieveSettings) {
    const dialogue = new ManageSieveDialogue(wire, settings);
    super(dialogue);
    const { commandLine, authLine, refusedScript } = settings.limits;
    this.#limits = {
      get line() {
        return dialogue.is("authenticating") ? authLine : commandLine;
      },
      literal: (words) => longestLiteral(dialogue, words),
      get refused() {
        return dialogue.account ? refusedScript : authLine;
      },
    };
  }

  protected override get logIn(): typeof logIn {
    return logIn;
  }

  protected override get notTls(): string {
    return replies.notTls;
  }

  protected override begin(): void {
    const { dialogue } = this;
    const { limits } = dialogue.settings;
    dialogue.reply(capabilityLines(dialogue) + replies.ready);
    dialogue.wire.setIdleTimeout(limits.commandTimeout);
    dialogue.wire.setSessionTimeout(limits.loginTimeout);
  }

  /** RFC 5804 section 2.2: the capabilities are sent again. */
  override secured(): Verdict {
    const { dialogue } = this;
    dialogue.send("tls.secured");
    if (!dialogue.over) dialogue.reply(capabilityLines(dialogue) + replies.ready);
    return this.turn();
  }

  protected override timePassed(limit: "idle" | "session"): void {
    const { dialogue } = this;
    if (limit === "session") dialogue.quit(replies.loginTimeout, "session-timeout");
    else if (!dialogue.is("busy")) dialogue.quit(replies.idle, "idle-timeout");
    else if (this.excuse()) dialogue.wire.setIdleTimeout(dialogue.settings.limits.commandTimeout);
    else dialogue.quit(replies.mailboxSlow, "session-timeout");
  }

  protected override step(): Verdict | null {
    return this.dialogue.congested ? WAIT : this.#readCommand();
  }

  #readCommand(): Verdict | null {
    const { dialogue } = this;
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
      case "http":
        dialogue.quit(replies.notHttp, "protocol-error");
        return null;
      case "malformed":
        this.#count();
        logIn.giveUp(dialogue, replies.malformed);
        return null;
      case "string-too-long":
        this.#count();
        logIn.giveUp(dialogue, isScript(reader.words) ? replies.scriptTooLarge : replies.stringTooLong);
        return null;
      case "command":
        this.#command(reader.words);
        return null;
    }
  }

  #command(words: readonly Word[]): void {
    const { dialogue } = this;
    this.#count();
    if (dialogue.over) return;
    if (dialogue.is("authenticating")) continueAuthentication(dialogue, words);
    else execute(dialogue, words);
  }

  /** What a client may ask for that has not logged in is bounded. */
  #count(): void {
    const { dialogue } = this;
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

function longestLiteral({ account, settings }: ManageSieveDialogue, words: readonly Word[]): number {
  if (!account) return settings.limits.authLine;
  return isScript(words) ? account.limits.maxScriptSize : settings.limits.commandLine;
}
