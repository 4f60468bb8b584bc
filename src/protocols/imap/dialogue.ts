import { type Actor, createActor } from "xstate";
import type { EndCause } from "../../machines/causes.ts";
import type { CompiledMachine } from "../../machines/compile.ts";
import { lifecycleLogic } from "../../machines/lifecycle-logic.ts";
import { Login } from "../login.ts";
import type { AccountMail } from "../mailbox.ts";
import type { Session, Wire } from "../protocol.ts";
import type { IncomingAppend } from "./append.ts";
import { bad, type Completion, isServerFault, no, refusal, statusLine } from "./completion.ts";
import { CommandReader } from "./grammar/command-reader.ts";
import { unauthenticatedGrammarLimits } from "./grammar/limits.ts";
import { type ImapEffects, type ImapEvent, type ImapState, imapMachine } from "./machine.ts";
import type { MailboxView } from "./mailbox-view.ts";
import { Output } from "./output.ts";
import type { ImapSettings } from "./settings.ts";
import { tellChanges } from "./untagged.ts";

/** Events without a field of their own. */
type PlainEvent = Exclude<ImapEvent, { readonly type: "session.ended" }>["type"];

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

/**
 * The implementations are shared by all sessions; the actor tells which one is meant. The session is not in the context,
 * which inspectors see: it knows passwords.
 */
const dialogues = new WeakMap<object, ImapEffects>();

function effectsOf(actor: object): ImapEffects {
  const dialogue = dialogues.get(actor);
  if (!dialogue) throw new Error("The IMAP machine ran in an actor that no session carries.");
  return dialogue;
}

const logic = lifecycleLogic(
  imapMachine.provide({
    actions: {
      forgetDialogue: ({ self }) => effectsOf(self).forgetDialogue(),
      giveBack: ({ self }) => effectsOf(self).giveBack(),
      sayShuttingDown: ({ self }) => effectsOf(self).sayShuttingDown(),
    },
  }),
);

/** What is said of a command when it is over. */
export interface Ending {
  readonly completion: Completion;
  /** False while sequence numbers have to stay as they are (RFC 3501 section 7.4.1). */
  readonly expunges: boolean;
}

/** What the commands of a session work on: the chart, who logged in, the mailbox as the client knows it, and the way out. */
export class Dialogue implements ImapEffects {
  readonly wire: Wire;
  readonly settings: ImapSettings;
  readonly reader = new CommandReader(unauthenticatedGrammarLimits);
  readonly output = new Output();
  readonly login: Login;

  /** The mail of whoever logged in. */
  account: AccountMail | null = null;
  view: MailboxView | null = null;
  /** The message of APPEND that comes. */
  incoming: IncomingAppend | null = null;
  /** The embedder's session, which has the dialogue from the end of this turn on. */
  successor: Session | null = null;
  /** What the answer to a command of several turns or lines begins with: of AUTHENTICATE, LOGIN, IDLE. */
  tag = "*";
  /** The peer reads more slowly than is written. */
  congested = false;
  commands = 0;

  readonly #actor: Actor<CompiledMachine<typeof imapMachine>>;
  #errors = 0;
  #answered: (() => void) | null = null;
  #roomWanted: { readonly resolve: () => void; readonly reject: (reason: Error) => void } | null = null;

  constructor(wire: Wire, settings: ImapSettings) {
    this.wire = wire;
    this.settings = settings;
    this.login = new Login(wire, settings.login);
    this.#actor = createActor(logic[settings.lifecycle], { id: wire.id, inspect: settings.inspect });
    dialogues.set(this.#actor, this);
    this.#actor.start();
  }

  get state(): ImapState {
    return this.#actor.getSnapshot().value;
  }

  /** Why the session ends; to be asked for in the states `logout` and `closed`. */
  get cause(): EndCause {
    return this.#actor.getSnapshot().context.cause;
  }

  get over(): boolean {
    const { state } = this;
    return state === "logout" || state === "closed";
  }

  /** Whether the command may come now. */
  can(type: PlainEvent): boolean {
    return this.#actor.getSnapshot().can({ type });
  }

  send(type: PlainEvent): void {
    this.#actor.send({ type });
  }

  /** Ends the session after what was said. */
  end(cause: EndCause): void {
    this.login.end(cause);
    this.#actor.send({ type: "session.ended", cause });
  }

  /** The last words of the session. */
  bye(text: string, cause: EndCause): void {
    this.output.text(`* BYE ${text}\r\n`);
    this.end(cause);
  }

  /** Answers a command. BAD counts as an error; too many of them end the session. */
  complete(tag: string, completion: Completion): void {
    this.output.text(statusLine(tag, completion));
    if (completion.status === "BAD") this.#countError();
    else if (completion.status === "OK" && this.account) this.#errors = 0;
  }

  /**
   * Carries a command out over as many turns as it needs, and answers it. The chart is in a busy state, and is told of
   * the command's completion.
   */
  async carryOut(tag: string, work: () => Promise<Ending>): Promise<void> {
    let ending: Ending;
    try {
      ending = await work();
    } catch (error) {
      if (this.over) return;
      if (error instanceof BrokenResponse) {
        this.noticeFailure("content", error.cause);
        this.inNextTurn(() => this.end("session-failed"));
        return;
      }
      ending = this.#refuse(error);
    }
    this.inNextTurn(() => this.#conclude(tag, ending));
  }

  /** Asks for a turn and does this in it, unless the session is over by then. */
  inNextTurn(action: () => void): void {
    if (this.over) return;
    this.#answered = action;
    this.wire.wake();
  }

  /** Does what was asked for in an earlier turn. */
  takeAnswer(): void {
    const answered = this.#answered;
    this.#answered = null;
    answered?.();
  }

  /** To be awaited by a command when the output is full: until it has left. */
  room(): Promise<void> {
    this.wire.wake();
    return this.#wanted();
  }

  /** To be awaited by a command that computes for long: lets other connections have their turn, and makes room, too. */
  breathe(): Promise<void> {
    this.wire.wakeAfter(0);
    return this.#wanted();
  }

  /** For a command that asks for much: ends it when the session is over. */
  goOn(): void {
    if (this.over) throw new Abandoned("The session is over.");
  }

  /** Sends what was said, and lets a command go on that waited for it. */
  flush(): void {
    if (!this.output.flush(this.wire)) this.congested = true;
    const wanted = this.#roomWanted;
    if (!wanted || (this.congested && !this.over)) return;
    this.#roomWanted = null;
    if (this.over) wanted.reject(new Abandoned("The session is over."));
    else wanted.resolve();
  }

  /** A mailbox has changed: in IDLE that is told at once. */
  readonly mailboxChanged = (): void => {
    if (this.state === "idling") this.wire.wake();
  };

  /** @param expunges whether it may be told now of messages that are gone. */
  tellChanges(expunges: boolean): void {
    const { view } = this;
    if (!view) return;
    if (view.failure) {
      this.noticeFailure("changes", view.failure);
      this.bye("[UNAVAILABLE] The mailbox cannot be reached any more", "session-failed");
    } else if (view.deleted) this.bye("The selected mailbox was deleted", "quit");
    else tellChanges(this.output, { view, expunges });
  }

  closeMailbox(): void {
    const { view } = this;
    this.view = null;
    view?.close();
  }

  noticeFailure(operation: string, reason: unknown): void {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    this.wire.notice({ type: "session.backendFailed", operation, error });
  }

  forgetDialogue(): void {
    this.reader.clear();
    this.login.cancel();
  }

  giveBack(): void {
    this.reader.clear();
    this.incoming?.abandon();
    this.incoming = null;
    this.closeMailbox();
    const { account } = this;
    this.account = null;
    account?.close();
    this.#answered = null;
    const wanted = this.#roomWanted;
    this.#roomWanted = null;
    wanted?.reject(new Abandoned("The session is over."));
  }

  sayShuttingDown(): void {
    this.output.text("* BYE Server shutting down\r\n");
  }

  #conclude(tag: string, { completion, expunges }: Ending): void {
    this.tellChanges(expunges);
    if (this.over) return;
    this.complete(tag, completion);
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

  #countError(): void {
    this.#errors++;
    if (this.#errors >= this.settings.limits.errors) this.bye("Too many errors", "too-many-errors");
  }
}

/** The answer to a command that may not come now. */
export function notNow({ state }: Dialogue): Completion {
  return bad(state === "notAuthenticated" ? "Log in first" : "Select a mailbox first");
}
