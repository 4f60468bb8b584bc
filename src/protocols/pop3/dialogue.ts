import { type Actor, type ActorOptions, createActor } from "xstate";
import type { EndCause } from "../../machines/causes.ts";
import type { CompiledMachine } from "../../machines/compile.ts";
import { type LifecycleMode, lifecycleLogic } from "../../machines/lifecycle-logic.ts";
import { LineReader } from "../line-reader.ts";
import { Login, type LoginSettings } from "../login.ts";
import { type AccountMail, MailboxError, type Mailboxes } from "../mailbox.ts";
import type { Wire } from "../protocol.ts";
import type { Handover } from "../take-over.ts";
import type { Pop3Limits } from "./limits.ts";
import { type Pop3Effects, type Pop3Event, type Pop3State, pop3Machine } from "./machine.ts";
import type { MarkedMaildrop } from "./marked-maildrop.ts";
import { replies, shuttingDownReply } from "./replies.ts";
import type { Retrieval } from "./retrieval.ts";

/** Who watches the charts of sessions. */
export type Pop3Inspector = NonNullable<ActorOptions<CompiledMachine<typeof pop3Machine>>["inspect"]>;

/** What is the same for all sessions of one `pop3()`. */
export interface Pop3Settings {
  readonly mailboxes: Mailboxes;
  readonly limits: Pop3Limits;
  readonly login: LoginSettings;
  readonly banner: string;
  readonly inspect: Pop3Inspector | undefined;
  readonly lifecycle: LifecycleMode;
}

/** What the client did wrong, as the reply that says so; null when all is well. */
export type Complaint = string | null;

/** What became of a question to the mailbox. */
export type Outcome<T> = { readonly value: T } | { readonly error: Error };

export interface Question<T> {
  /** As `session.backendFailed` names it. */
  readonly operation: string;
  ask(): Promise<T>;
  /** Called in the turn after the answer. */
  answered(outcome: Outcome<T>): void;
  /** The session ended before the answer came: gives back what it brought. */
  late?(value: T): void;
}

/** Events without a field of their own. */
type PlainEvent = Exclude<Pop3Event, { readonly type: "session.ended" }>["type"];

/** The implementations are shared by all sessions; the actor tells which one is meant. */
const dialogues = new WeakMap<object, Pop3Effects>();

function effectsOf(actor: object): Pop3Effects {
  const dialogue = dialogues.get(actor);
  if (!dialogue) throw new Error("The POP3 machine ran in an actor that no session carries.");
  return dialogue;
}

const logic = lifecycleLogic(
  pop3Machine.provide({
    actions: {
      forgetDialogue: ({ self }) => effectsOf(self).forgetDialogue(),
      releaseMaildrop: ({ self }) => effectsOf(self).releaseMaildrop(),
      sayShuttingDown: ({ self }) => effectsOf(self).sayShuttingDown(),
    },
  }),
);

/** Replies beyond this go to the wire in mid-turn, so that a peer that reads nothing is noticed. */
const longestOutput = 4096;
/** What is the daily life of a mailbox, and no failure. */
const expectedErrors: ReadonlySet<string> = new Set(["maildrop-locked", "message-missing"]);

/** What the commands of a session work on: the chart, what was learned of the client, and the way out for replies. */
export class Dialogue implements Pop3Effects {
  readonly wire: Wire;
  readonly settings: Pop3Settings;
  readonly reader = new LineReader();
  readonly login: Login;

  /** As USER gave it. */
  username = "";
  account: AccountMail | null = null;
  maildrop: MarkedMaildrop | null = null;
  /** The rest of a listing that is being written. */
  listing: Iterator<string> | null = null;
  retrieval: Retrieval | null = null;
  handover: Handover | null = null;

  commands = 0;
  /** The peer reads more slowly than replies are written. */
  congested = false;

  readonly #actor: Actor<CompiledMachine<typeof pop3Machine>>;
  #errors = 0;
  #output = "";
  #asking = false;
  #answered: (() => void) | null = null;

  constructor(wire: Wire, settings: Pop3Settings) {
    this.wire = wire;
    this.settings = settings;
    this.login = new Login(wire, settings.login);
    this.#actor = createActor(logic[settings.lifecycle], { id: wire.id, inspect: settings.inspect });
    dialogues.set(this.#actor, this);
    this.#actor.start();
  }

  get state(): Pop3State {
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

  /** The mailbox has not answered yet, or its answer has not been acted on. */
  get asking(): boolean {
    return this.#asking;
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
    if (this.#output.length > longestOutput) this.flush();
  }

  /** Octets of a message. */
  write(octets: Uint8Array): void {
    this.flush();
    if (octets.length > 0 && !this.wire.write(octets)) this.congested = true;
  }

  /** Replies to what the client did wrong; too much of it ends the session. */
  complain(text: string): void {
    this.reply(text);
    this.#errors++;
    if (this.#errors >= this.settings.limits.errors) this.quit(replies.tooManyErrors, "too-many-errors");
  }

  /** The last words of the session. */
  quit(text: string, cause: EndCause): void {
    this.reply(text);
    this.end(cause);
  }

  forgiveErrors(): void {
    this.#errors = 0;
  }

  flush(): void {
    if (this.#output === "") return;
    const output = this.#output;
    this.#output = "";
    if (!this.wire.write(output)) this.congested = true;
  }

  /** Asks the mailbox; one question at a time. */
  ask<T>(question: Question<T>): void {
    this.#asking = true;
    void settled(question).then((outcome) => {
      if (this.over) {
        if ("value" in outcome) question.late?.(outcome.value);
        return;
      }
      if ("error" in outcome) this.#noticeFailure(question.operation, outcome.error);
      this.#answered = () => question.answered(outcome);
      this.wire.wake();
    });
  }

  /** Acts on the mailbox's answer, if there is one. */
  takeAnswer(): void {
    const answered = this.#answered;
    if (!answered) return;
    this.#answered = null;
    this.#asking = false;
    answered();
  }

  forgetDialogue(): void {
    this.username = "";
    this.reader.clear();
  }

  releaseMaildrop(): void {
    const { account, retrieval } = this;
    this.account = null;
    this.maildrop = null;
    this.listing = null;
    this.retrieval = null;
    retrieval?.content.close();
    account?.close();
  }

  sayShuttingDown(): void {
    this.reply(shuttingDownReply(this.wire.hostname));
  }

  #noticeFailure(operation: string, error: Error): void {
    if (error instanceof MailboxError && expectedErrors.has(error.code)) return;
    this.wire.notice({ type: "session.backendFailed", operation, error });
  }
}

async function settled<T>(question: Question<T>): Promise<Outcome<T>> {
  try {
    return { value: await question.ask() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}
