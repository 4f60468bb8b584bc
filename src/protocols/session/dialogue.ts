import { errorOf } from "../../config/values/thrown.ts";
import type { EndCause } from "../../machines/causes.ts";
import { Login, type LoginOutcome } from "../login.ts";
import type { Session, Wire } from "../protocol.ts";
import type { SessionTag } from "./chart.ts";
import type { ChartActor, SessionChart } from "./chart-actor.ts";
import type { SessionSettings } from "./options.ts";
import { ask, type Outcome, type Question, settle } from "./question.ts";

/** Events of a chart without a field of their own. */
export type PlainType<Event extends { readonly type: string }> = Exclude<
  Event,
  { readonly type: "session.ended" }
>["type"];

/** What turns chunks into commands. */
export interface DialogueReader {
  /** The peer has ended its side. */
  readonly ended: boolean;
  /** Octets that were pushed and not yet read. */
  readonly buffered: number;
  push(chunk: Uint8Array): void;
  end(): void;
  clear(): void;
  /** What was pushed and not yet read; null when there is none. To be asked for after a command only. */
  rest(): Uint8Array | null;
}

interface Answer {
  readonly question: Question<unknown>;
  readonly outcome: Outcome<unknown>;
}

/** Any protocol's. */
export type AnyDialogue = SessionDialogue<string, { readonly type: string }, SessionSettings>;

/**
 * What the commands of a session work on, in every protocol: the chart, the log-in, the way out for replies, what was asked
 * and not yet answered. A protocol adds what it learns of its client.
 */
export abstract class SessionDialogue<
  State extends string,
  Event extends { readonly type: string },
  Settings extends SessionSettings,
> {
  readonly wire: Wire;
  readonly settings: Settings;
  abstract readonly reader: DialogueReader;

  /** The embedder's session, which has the dialogue from the state `takenOver` on. */
  successor: Session | null = null;
  commands = 0;
  /** The client has said QUIT or LOGOUT. */
  goodbye = false;
  /** The peer reads more slowly than replies are written. */
  congested = false;

  readonly #actor: ChartActor<State>;
  /** Most clients that are idle have not tried to log in. */
  #login: Login | null = null;
  #errors = 0;
  /** To the question that was asked. */
  #answer: "awaited" | Answer | null = null;

  /** @param chart has no effect in its first state: the session is not complete yet when it starts. */
  constructor(chart: SessionChart<State, object>, wire: Wire, settings: Settings) {
    this.wire = wire;
    this.settings = settings;
    this.#actor = chart.start(this);
  }

  /** To be sent with others, at the end of the turn at the latest. */
  abstract reply(text: string): void;

  /** Sends what was said. */
  abstract flush(): void;

  /** The last words to a client that makes too many errors. */
  protected abstract get tooManyErrors(): string;

  /** The log-ins of the session. */
  get login(): Login {
    this.#login ??= new Login(this.wire, this.settings.login);
    return this.#login;
  }

  /** Drops an exchange that is under way. */
  cancelLogin(): void {
    this.#login?.cancel();
  }

  /** To be asked in each turn while the session waits for it. */
  loginOutcome(): LoginOutcome | null {
    return this.#login?.outcome() ?? null;
  }

  get state(): State {
    return this.#actor.getSnapshot().value;
  }

  /** Why the session ends; to be asked for once it is `over`. */
  get cause(): EndCause {
    return this.#actor.getSnapshot().context.cause;
  }

  /** The last words have been said; IMAP calls that state `logout` (RFC 3501 section 3.4). */
  get over(): boolean {
    return this.is("over");
  }

  /** Whether the chart gives its state this tag. */
  is(tag: SessionTag): boolean {
    return this.#actor.getSnapshot().hasTag(tag);
  }

  /** Whether the command may come now. */
  can(type: PlainType<Event>): boolean {
    return this.#actor.getSnapshot().can({ type });
  }

  send(type: PlainType<Event>): void {
    this.#actor.send({ type });
  }

  /** Ends the session after what was said. */
  end(cause: EndCause): void {
    this.#actor.send({ type: "session.ended", cause });
  }

  /** The answer to QUIT or LOGOUT. */
  sayGoodbye(text: string): void {
    this.goodbye = true;
    this.quit(text, "quit");
  }

  /** The last words of the session. */
  quit(text: string, cause: EndCause): void {
    this.reply(text);
    this.end(cause);
  }

  /** The connection is over: gives everything back. */
  closed(cause: EndCause): void {
    this.reader.clear();
    this.#login?.end(cause);
    this.#actor.send({ type: "connection.closed" });
    const answer = this.#answer;
    this.#answer = null;
    if (answer && answer !== "awaited") handleLateAnswer(answer.question, answer.outcome);
  }

  /** Replies to what the client did wrong; too much of it ends the session. */
  complain(text: string): void {
    this.reply(text);
    this.countError();
  }

  countError(): void {
    this.#errors++;
    if (this.#errors >= this.settings.limits.errors) this.quit(this.tooManyErrors, "too-many-errors");
  }

  forgiveErrors(): void {
    this.#errors = 0;
  }

  /** The answer has not come yet, or has not been acted on. */
  get asking(): boolean {
    return this.#answer !== null;
  }

  /** Asks the backend or the mailbox, within a turn; one question at a time. An answer that is there at once is acted on. */
  ask<T>(question: Question<T>): void {
    this.#answer = "awaited";
    ask(() => question.ask(), {
      atOnce: (outcome) => this.#answerAtOnce(question, outcome),
      later: (outcome) => this.#answerLater(question, outcome),
    });
  }

  /** Acts on the answer, if there is one. */
  takeAnswer(): void {
    const answer = this.#answer;
    if (!answer || answer === "awaited") return;
    this.#answer = null;
    answer.question.answered(answer.outcome);
  }

  noticeFailure(operation: string, reason: unknown): void {
    this.wire.notice({ type: "session.backendFailed", operation, error: errorOf(reason) });
  }

  /** Closes what the embedder's mailboxes have opened: what that throws is reported, and ends nothing else. */
  closeOpened(operation: string, opened: { close(): unknown } | null | undefined): void {
    settle(
      () => opened?.close(),
      (reason) => this.noticeFailure(operation, reason),
    );
  }

  #answerAtOnce<T>(question: Question<T>, outcome: Outcome<T>): void {
    this.#answer = null;
    if (this.#mayAnswer(question, outcome)) question.answered(outcome);
  }

  #answerLater<T>(question: Question<T>, outcome: Outcome<T>): void {
    if (!this.#mayAnswer(question, outcome)) return;
    this.#answer = { question: question as Question<unknown>, outcome };
    this.wire.wake();
  }

  /** @returns false when the session is over. */
  #mayAnswer<T>(question: Question<T>, outcome: Outcome<T>): boolean {
    if (this.over) {
      handleLateAnswer(question, outcome);
      return false;
    }
    if ("error" in outcome && question.isAnswer?.(outcome.error) !== true) {
      this.noticeFailure(question.operation, outcome.error);
    }
    return true;
  }
}

function handleLateAnswer<T>(question: Question<T>, outcome: Outcome<T>): void {
  if ("value" in outcome) question.late?.(outcome.value);
}
