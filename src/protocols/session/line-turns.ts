import type { LineReader } from "../line-reader.ts";
import { CONTINUE, type Verdict } from "../protocol.ts";
import type { AnyDialogue } from "./dialogue.ts";
import { isHttpRequest } from "./http-request.ts";
import type { LogIn } from "./log-in.ts";
import { SessionTurns } from "./turns.ts";

/** A dialogue whose commands are lines. */
type LineDialogue = AnyDialogue & {
  readonly reader: LineReader;
  readonly settings: { readonly limits: { readonly commandLine: number; readonly authLine: number } };
};

/** What is said of a line that is none. */
interface LineReplies {
  readonly lineTooLong: string;
  readonly bareLineFeed: string;
  readonly malformedLine: string;
}

/** The turns of a session whose commands, and answers to SASL challenges, are lines. */
export abstract class LineTurns<D extends LineDialogue> extends SessionTurns<D> {
  protected abstract get lineReplies(): LineReplies;

  protected abstract override get logIn(): LogIn<D, string>;

  /** A command is there. */
  protected abstract command(line: string): void;

  /** What a line that is malformed is taken for; null where it is refused. @param _line as Latin 1 */
  protected tolerated(_line: string): string | null {
    return null;
  }

  /** The request line of HTTP is recognised among commands, whatever its target holds. */
  #taken(line: string): string | null {
    return isHttpRequest(line) ? line : this.tolerated(line);
  }

  /** Reads a line and does what it says. @returns null when there may be more to do. */
  protected readLine(): Verdict | null {
    const { dialogue } = this;
    const { limits } = dialogue.settings;
    const authenticating = dialogue.is("authenticating");
    switch (dialogue.reader.next(authenticating ? limits.authLine : limits.commandLine)) {
      case "more":
        return CONTINUE;
      case "ended":
        dialogue.end("peer-ended");
        return null;
      case "too-long":
        dialogue.quit(this.lineReplies.lineTooLong, "line-too-long");
        return null;
      case "bare-lf":
        dialogue.quit(this.lineReplies.bareLineFeed, "protocol-error");
        return null;
      case "malformed": {
        const line = authenticating ? null : this.#taken(dialogue.reader.line);
        if (line === null) this.logIn.giveUp(dialogue, this.lineReplies.malformedLine);
        else this.command(line);
        return null;
      }
      case "line":
        if (authenticating) this.logIn.proceed(dialogue, dialogue.login.respond(dialogue.reader.line));
        else this.command(dialogue.reader.line);
        return null;
    }
  }
}
