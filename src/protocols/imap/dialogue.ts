import type { EndCause } from "../../machines/causes.ts";
import type { AccountMail } from "../mailbox.ts";
import type { Wire } from "../protocol.ts";
import { SessionChart } from "../session/chart-actor.ts";
import { SessionDialogue } from "../session/dialogue.ts";
import type { ClientView } from "./client-view.ts";
import { type Completion, isServerFault, no, refusal, statusLine } from "./completion.ts";
import { CommandReader } from "./grammar/command-reader.ts";
import { unauthenticatedGrammarLimits } from "./grammar/limits.ts";
import type { IncomingAppend } from "./incoming-append.ts";
import { type ImapEffects, type ImapEvent, type ImapState, imapEffects, imapMachine } from "./machine.ts";
import { Output } from "./output.ts";
import type { ImapSettings } from "./settings.ts";
import { writeChanges } from "./untagged.ts";

/** The session is over: what it was carrying out comes to its end. */
class Abandoned extends Error {
  override readonly name = "Abandoned";
  readonly code = "command-abandoned";
}

/** A literal that was announced cannot be completed: there is no way on but to close. */
export class BrokenResponse extends Error {
  override readonly name = "BrokenResponse";
  readonly code = "response-broken";
}

const chart = new SessionChart<ImapState, ImapEffects>(imapMachine, imapEffects);

/** How many steps a command may compute before other connections get a turn: a few milliseconds. */
const STEPS_AT_ONCE = 500_000;

/** What is said of a command when it is over. */
export interface Ending {
  readonly completion: Completion;
  /** False while sequence numbers have to stay as they are (RFC 3501 section 7.4.1). */
  readonly expunges: boolean;
}

/** What the commands of a session work on: the chart, who logged in, the mailbox as the client knows it, and the way out. */
export class ImapDialogue extends SessionDialogue<ImapState, ImapEvent, ImapSettings> implements ImapEffects {
  override readonly reader = new CommandReader(unauthenticatedGrammarLimits);
  readonly output = new Output();

  /** The mail of the logged-in user. */
  account: AccountMail | null = null;
  view: ClientView | null = null;
  /** The message of APPEND that comes. */
  incoming: IncomingAppend | null = null;
  /** What the answer to a command of several turns or lines begins with: of AUTHENTICATE, LOGIN, IDLE. */
  tag = "*";
  /** When to send a client in IDLE a sign of life, by the clock of the wire. */
  idleNoticeDue = 0;

  /** Of the command, since other connections last had their turn. */
  #steps = 0;
  #next: (() => void) | null = null;
  #roomWanted: { readonly resolve: () => void; readonly reject: (reason: Error) => void } | null = null;

  constructor(wire: Wire, settings: ImapSettings) {
    super(chart, wire, settings);
  }

  protected override get tooManyErrors(): string {
    return "* BYE Too many errors\r\n";
  }

  override reply(text: string): void {
    this.output.text(text);
  }

  /** The last words of the session. */
  bye(text: string, cause: EndCause): void {
    this.quit(`* BYE ${text}\r\n`, cause);
  }

  /** Answers a command. BAD counts as an error; too many of them end the session. */
  complete(tag: string, completion: Completion): void {
    this.output.text(statusLine(tag, completion));
    if (completion.status === "BAD") this.countError();
    else if (completion.status === "OK" && this.account) this.forgiveErrors();
  }

  /**
   * Carries a command out over as many turns as it needs, and answers it. The chart is in a busy state, and gets
   * an event when the command completes.
   */
  async carryOut(tag: string, work: () => Promise<Ending>): Promise<void> {
    let ending: Ending;
    try {
      ending = await work();
    } catch (error) {
      if (this.over) return;
      if (error instanceof BrokenResponse) {
        this.noticeFailure("content", error.cause);
        this.#inNextTurn(() => this.end("session-failed"));
        return;
      }
      ending = this.#refuse(error);
    }
    this.#inNextTurn(() => this.#conclude(tag, ending));
  }

  /** Does what was asked for in an earlier turn. */
  override takeAnswer(): void {
    super.takeAnswer();
    const next = this.#next;
    this.#next = null;
    next?.();
  }

  /** To be awaited by a command when the output is full: until it has left. */
  room(): Promise<void> {
    this.wire.wake();
    return this.#wanted();
  }

  /** To be awaited by a command that computes for long: lets other connections have their turn, and makes room, too. */
  breathe(): Promise<void> {
    this.#steps = 0;
    this.wire.wakeAfter(0);
    return this.#wanted();
  }

  /**
   * Counts what a command computes, in steps of some nanoseconds each.
   * @returns true when it has computed for long, or has said much, and is to `breathe`.
   */
  tires(steps: number): boolean {
    this.#steps += steps;
    return this.#steps >= STEPS_AT_ONCE || this.output.full;
  }

  /** For a command that asks for much: ends it when the session is over. */
  goOn(): void {
    if (this.over) throw new Abandoned("The session is over.");
  }

  /** Sends what was said, and lets a command go on that waited for it. */
  override flush(): void {
    if (!this.output.flush(this.wire)) this.congested = true;
    const wanted = this.#roomWanted;
    if (!wanted || (this.congested && !this.over)) return;
    this.#roomWanted = null;
    if (this.over) wanted.reject(new Abandoned("The session is over."));
    else wanted.resolve();
  }

  /** A mailbox has changed: in IDLE the client is notified at once. */
  readonly mailboxChanged = (): void => {
    if (this.state === "idling") this.wire.wake();
  };

  /** @param expunges whether expunges may be sent now. @returns whether there is more to send. */
  writeChanges(expunges: boolean): boolean {
    const { view } = this;
    if (!view) return false;
    if (!view.failure && !view.deleted) return writeChanges(this.output, { view, expunges });
    if (view.failure) {
      this.noticeFailure("changes", view.failure);
      this.bye("[UNAVAILABLE] The mailbox cannot be reached any more", "session-failed");
    } else this.bye("The selected mailbox was deleted", "quit");
    return false;
  }

  closeMailbox(): void {
    const { view } = this;
    this.view = null;
    this.closeOpened("mailbox", view);
  }

  forgetDialogue(): void {
    this.reader.clear();
    this.cancelLogin();
  }

  giveBack(): void {
    this.reader.clear();
    this.incoming?.abandon();
    this.incoming = null;
    this.closeMailbox();
    const { account } = this;
    this.account = null;
    this.closeOpened("mailboxes", account);
    this.#next = null;
    const wanted = this.#roomWanted;
    this.#roomWanted = null;
    wanted?.reject(new Abandoned("The session is over."));
  }

  sayShuttingDown(): void {
    this.output.text("* BYE Server shutting down\r\n");
  }

  /** Asks for a turn and does this in it, unless the session is over by then. */
  #inNextTurn(action: () => void): void {
    if (this.over) return;
    this.#next = action;
    this.wire.wake();
  }

  #conclude(tag: string, ending: Ending): void {
    const more = this.writeChanges(ending.expunges);
    if (this.over) return;
    if (more) {
      const goOn = () => this.#inNextTurn(() => this.#conclude(tag, ending));
      // Rejected when the session is over.
      this.breathe().then(goOn, () => {});
      return;
    }
    this.complete(tag, ending.completion);
    if (!this.over) this.send("command.completed");
  }

  #wanted(): Promise<void> {
    if (this.over) return Promise.reject(new Abandoned("The session is over."));
    return new Promise((resolve, reject) => {
      this.#roomWanted = { resolve, reject };
    });
  }

  #refuse(error: unknown): Ending {
    if (isServerFault(error)) this.noticeFailure("mailbox", error);
    const completion = refusal(error) ?? no("Temporary failure, try again later", "UNAVAILABLE");
    return { completion, expunges: false };
  }
}
