/** The steps of a log-in, from the client's first word to what came of it, in a protocol's own words. */
import type { Identity } from "../backend.ts";
import type { LoginStep } from "../login.ts";
import type { AnyDialogue } from "./dialogue.ts";

type RefusalReason = Extract<LoginStep, { readonly next: "refused" }>["reason"];

/** What a protocol says and does on the way. */
export interface LogInWords<D extends AnyDialogue, Refusal> {
  /** The chart's events: a SASL exchange begins; nobody is logged in by it. */
  readonly begun: Parameters<D["send"]>[0];
  readonly failed: Parameters<D["send"]>[0];
  challengeReply(base64: string): string;
  readonly refusals: Readonly<Record<RefusalReason, Refusal>>;
  /** Says that the exchange is over without a look at credentials. */
  sayRefused(dialogue: D, refusal: Refusal): void;
  /** Says that the credentials are wrong. After the last attempt these are the session's last words. */
  sayRejected(dialogue: D, last: boolean): void;
  /** Says that credentials cannot be checked for now. */
  sayUnavailable(dialogue: D): void;
  /** Says that the client is logged in; what comes next is said by the embedder's session. */
  sayTakenOver?(dialogue: D): void;
  /** Goes on with the client that has logged in. */
  accepted(dialogue: D, identity: Identity): void;
}

export class LogIn<D extends AnyDialogue, Refusal> {
  readonly #words: LogInWords<D, Refusal>;

  constructor(words: LogInWords<D, Refusal>) {
    this.#words = words;
  }

  /** What follows from a command or a line of the client's. */
  proceed(dialogue: D, step: LoginStep): void {
    const { begun, refusals } = this.#words;
    switch (step.next) {
      case "challenge":
        if (dialogue.can(begun)) dialogue.send(begun);
        dialogue.reply(this.#words.challengeReply(step.base64));
        break;
      case "wait":
        dialogue.send("credentials.given");
        break;
      case "refused":
        this.giveUp(dialogue, refusals[step.reason]);
        break;
    }
  }

  /** Ends an exchange, if there is one, without a verdict on credentials. */
  giveUp(dialogue: D, refusal: Refusal): void {
    dialogue.cancelLogin();
    this.#words.sayRefused(dialogue, refusal);
    if (dialogue.is("authenticating")) dialogue.send(this.#words.failed);
  }

  /** Tells the client what came of its credentials, once that is known. */
  conclude(dialogue: D): void {
    const outcome = dialogue.loginOutcome();
    if (!outcome) return;
    switch (outcome.result) {
      case "accepted":
        if (!outcome.successor) {
          this.#words.accepted(dialogue, outcome.identity);
          break;
        }
        this.#words.sayTakenOver?.(dialogue);
        dialogue.successor = outcome.successor;
        dialogue.send("dialogue.takenOver");
        break;
      case "unavailable":
        this.unavailable(dialogue);
        break;
      case "rejected":
        this.#words.sayRejected(dialogue, outcome.last);
        if (outcome.last) dialogue.end("authentication-failed");
        else dialogue.send(this.#words.failed);
        break;
    }
  }

  /** The backend, or the mailbox after it, has failed. */
  unavailable(dialogue: D): void {
    this.#words.sayUnavailable(dialogue);
    dialogue.send(this.#words.failed);
  }
}
