import { type Actor, type ActorOptions, createActor } from "xstate";
import type { EndCause } from "../../machines/causes.ts";
import type { CompiledMachine } from "../../machines/compile.ts";
import { type LifecycleMode, lifecycleLogic } from "../../machines/lifecycle-logic.ts";
import { Login, type LoginSettings } from "../login.ts";
import type { AccountMail, Mailboxes } from "../mailbox.ts";
import type { Session, Wire } from "../protocol.ts";
import { CommandReader } from "./command-reader.ts";
import type { ManageSieveLimits } from "./limits.ts";
import {
  type ManageSieveEffects,
  type ManageSieveEvent,
  type ManageSieveState,
  manageSieveMachine,
} from "./machine.ts";
import { replies } from "./replies.ts";

/** Who watches the charts of sessions. */
export type ManageSieveInspector = NonNullable<ActorOptions<CompiledMachine<typeof manageSieveMachine>>["inspect"]>;

/** What is the same for all sessions of one `manageSieve()`. */
export interface ManageSieveSettings {
  readonly mailboxes: Mailboxes;
  readonly login: LoginSettings;
  readonly limits: ManageSieveLimits;
  readonly implementation: string;
  readonly inspect: ManageSieveInspector | undefined;
  readonly lifecycle: LifecycleMode;
}

/** What the client did wrong, as the reply that says so; null when all is well. */
export type Complaint = string | null;

/** What became of a question. */
export type Outcome<T> = { readonly value: T } | { readonly error: Error };

/** Events without a field of their own. */
type PlainEvent = Exclude<ManageSieveEvent, { readonly type: "session.ended" }>["type"];

/**
 * The implementations are shared by all sessions; the actor tells which one is meant. The session is not in the context,
 * which inspectors see: it knows passwords.
 */
const dialogues = new WeakMap<object, ManageSieveEffects>();

function effectsOf(actor: object): ManageSieveEffects {
  const dialogue = dialogues.get(actor);
  if (!dialogue) throw new Error("The ManageSieve machine ran in an actor that no session carries.");
  return dialogue;
}

const logic = lifecycleLogic(
  manageSieveMachine.provide({
    actions: {
      forgetDialogue: ({ self }) => effectsOf(self).forgetDialogue(),
      closeAccount: ({ self }) => effectsOf(self).closeAccount(),
      sayShuttingDown: ({ self }) => effectsOf(self).sayShuttingDown(),
    },
  }),
);

/** Replies beyond this go to the wire in mid-turn, so that a peer that reads nothing is noticed. */
const LONGEST_OUTPUT = 4096;

/** What the commands of a session work on: the chart, who logged in, the scripts, and the way out for replies. */
export class Dialogue implements ManageSieveEffects {
  readonly wire: Wire;
  readonly settings: ManageSieveSettings;
  readonly reader = new CommandReader();
  readonly login: Login;

  /** The name of who logged in; for the capability OWNER. */
  owner = "";
  /** Null before the log-in. */
  account: AccountMail | null = null;
  /** The embedder's session, which has the dialogue from the state `takenOver` on. */
  successor: Session | null = null;

  commands = 0;
  /** Commands that could not be understood, since the last one that was carried out. */
  errors = 0;
  /** The peer reads more slowly than replies are written. */
  congested = false;

  readonly #actor: Actor<CompiledMachine<typeof manageSieveMachine>>;
  #output = "";
  #answered: (() => void) | null = null;

  constructor(wire: Wire, settings: ManageSieveSettings) {
    this.wire = wire;
    this.settings = settings;
    this.login = new Login(wire, settings.login);
    this.#actor = createActor(logic[settings.lifecycle], { id: wire.id, inspect: settings.inspect });
    dialogues.set(this.#actor, this);
    this.#actor.start();
  }

  get state(): ManageSieveState {
    return this.#actor.getSnapshot().value;
  }

  /** Why the session ends; to be asked for in the states `closing` and `closed`. */
  get cause(): EndCause {
    return this.#actor.getSnapshot().context.cause;
  }

  get over(): boolean {
    const { state } = this;
    return state === "closing" || state === "closed";
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
    this.#actor.send({ type: "session.ended", cause });
  }

  reply(text: string): void {
    this.#output += text;
    if (this.#output.length > LONGEST_OUTPUT) this.flush();
  }

  /** Sends octets as they are, behind what was said before. */
  replyOctets(octets: Uint8Array): void {
    this.flush();
    if (!this.wire.write(octets)) this.congested = true;
  }

  /** Replies to what the client did wrong; too much of it ends the session. */
  complain(text: string): void {
    this.reply(text);
    this.errors++;
    if (this.errors >= this.settings.limits.errors) this.quit(replies.tooManyErrors, "too-many-errors");
  }

  /** The last words of the session. */
  quit(text: string, cause: EndCause): void {
    this.reply(text);
    this.end(cause);
  }

  flush(): void {
    if (this.#output === "") return;
    const output = this.#output;
    this.#output = "";
    if (!this.wire.write(output)) this.congested = true;
  }

  /** Asks the mailbox; `answered` is called in the turn after its answer, unless the session is over by then. */
  async ask<T>(question: () => Promise<T>, answered: (outcome: Outcome<T>) => void): Promise<void> {
    let outcome: Outcome<T>;
    try {
      outcome = { value: await question() };
    } catch (error) {
      outcome = { error: error instanceof Error ? error : new Error(String(error)) };
    }
    if (this.over) return;
    this.#answered = () => answered(outcome);
    this.wire.wake();
  }

  /** Acts on the mailbox's answer, if there is one. */
  takeAnswer(): void {
    const answered = this.#answered;
    this.#answered = null;
    answered?.();
  }

  noticeFailure(operation: string, error: Error): void {
    this.wire.notice({ type: "session.backendFailed", operation, error });
  }

  forgetDialogue(): void {
    this.reader.clear();
  }

  closeAccount(): void {
    this.owner = "";
    const { account } = this;
    this.account = null;
    account?.close();
  }

  sayShuttingDown(): void {
    this.reply(replies.shuttingDown);
  }
}
