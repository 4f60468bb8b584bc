import { type Verdict, WAIT, type Wire } from "../protocol.ts";
import { LineTurns } from "../session/line-turns.ts";
import { logIn } from "./authentication.ts";
import { execute } from "./commands.ts";
import { Pop3Dialogue, type Pop3Settings } from "./dialogue.ts";
import type { Pop3State } from "./machine.ts";
import { greetingReply, replies } from "./replies.ts";
import { continueRetrieval } from "./retrieval.ts";

/** Lines of a listing between two looks at whether the turn has been long enough. */
const linesAStep = 64;

/** The dialogue with one POP3 client: reads what the chart says is due, and answers each turn with a verdict. */
export class Pop3Session extends LineTurns<Pop3Dialogue> {
  constructor(wire: Wire, settings: Pop3Settings) {
    super(new Pop3Dialogue(wire, settings));
  }

  protected override get logIn(): typeof logIn {
    return logIn;
  }

  protected override get lineReplies(): typeof replies {
    return replies;
  }

  protected override get notTls(): string {
    return replies.notTls;
  }

  protected override begin(): void {
    const { dialogue } = this;
    const { limits, banner } = dialogue.settings;
    dialogue.reply(greetingReply(dialogue.wire.hostname, banner));
    dialogue.wire.setIdleTimeout(limits.idleTimeout);
    dialogue.wire.setSessionTimeout(limits.loginTimeout);
  }

  protected override timePassed(limit: "idle" | "session"): void {
    const { dialogue } = this;
    if (limit === "session") dialogue.quit(replies.loginTimedOut, "session-timeout");
    else if (!dialogue.asking && !dialogue.is("busy")) dialogue.end("idle-timeout");
    else if (!this.excuse()) dialogue.end("session-timeout");
  }

  protected override step(state: Pop3State): Verdict | null {
    const { dialogue } = this;
    switch (state) {
      case "listing":
        return continueListing(dialogue);
      case "retrieving":
        return continueRetrieval(dialogue);
      default:
        return dialogue.congested ? WAIT : this.readLine();
    }
  }

  protected override command(line: string): void {
    this.dialogue.commands++;
    execute(this.dialogue, line);
  }
}

/** Goes on with a listing, as far as the client reads it, and a step's worth at a time. */
function continueListing(dialogue: Pop3Dialogue): Verdict | null {
  for (let lines = 0; lines < linesAStep; lines += 1) {
    if (dialogue.congested) return WAIT;
    const line = dialogue.listing?.next();
    if (!line || line.done) return endListing(dialogue);
    dialogue.reply(line.value);
  }
  return null;
}

function endListing(dialogue: Pop3Dialogue): null {
  dialogue.listing = null;
  dialogue.reply(".\r\n");
  dialogue.send("response.sent");
  return null;
}
