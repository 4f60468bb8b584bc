import type { LineReader } from "../line-reader.ts";
import { CONTINUE, UPGRADE, type Verdict } from "../protocol.ts";
import type { AnyDialogue } from "./dialogue.ts";
import { SessionTurns } from "./turns.ts";

/** What is said of a line that is none. */
interface LineReplies {
  readonly lineTooLong: string;
  readonly bareLineFeed: string;
}

/** The turns of a session whose commands are lines. */
export abstract class LineTurns<D extends AnyDialogue & { readonly reader: LineReader }> extends SessionTurns<D> {
  protected abstract readonly lineReplies: LineReplies;

  /** A line is there. */
  protected abstract line(line: string): void;

  /** A line is there that cannot be read. */
  protected abstract malformedLine(): void;

  /** @param limit octets of the longest line. */
  protected readLine(limit: number): Verdict | null {
    const { dialogue } = this;
    switch (dialogue.reader.next(limit)) {
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
      case "malformed":
        this.malformedLine();
        return null;
      case "line":
        this.line(dialogue.reader.line);
        return dialogue.state === "upgrading" ? UPGRADE : null;
    }
  }
}
