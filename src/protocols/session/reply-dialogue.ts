import { SessionDialogue } from "./dialogue.ts";
import type { SessionSettings } from "./options.ts";

/** Replies beyond this go to the wire in mid-turn, so that a peer that reads nothing is noticed. */
const longestOutput = 4096;

/** A dialogue in which each command is answered by a short text, or by octets that follow one another. */
export abstract class ReplyDialogue<
  State extends string,
  Event extends { readonly type: string },
  Settings extends SessionSettings,
> extends SessionDialogue<State, Event, Settings> {
  #output = "";

  override reply(text: string): void {
    this.#output += text;
    if (this.#output.length > longestOutput) this.flush();
  }

  /** Sends octets as they are, behind what was said before. */
  replyOctets(octets: Uint8Array): void {
    this.flush();
    if (octets.length > 0 && !this.wire.write(octets)) this.congested = true;
  }

  override flush(): void {
    if (this.#output === "") return;
    const output = this.#output;
    this.#output = "";
    if (!this.wire.write(output)) this.congested = true;
  }
}
