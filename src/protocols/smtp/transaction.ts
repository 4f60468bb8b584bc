import { errorOf } from "../../config/values/thrown.ts";
import { ArrivingMessage } from "../arriving-message.ts";
import type { Backend, DeliveryAnswer, Envelope, Recipient } from "../backend.ts";
import { giveBack } from "../give-back.ts";
import { MessageError } from "../incoming-body.ts";
import { ask, type Outcome } from "../session/question.ts";
import { CollectedContent } from "./collected-content.ts";
import { checkDelivery } from "./replies.ts";

/** The envelope while recipients are added. */
export interface OpenEnvelope extends Envelope {
  readonly recipients: Recipient[];
}

/** Notified of what happens to a message. */
export interface TransactionOwner {
  /** The backend has answered; `outcome` has it. */
  messageAnswered(transaction: Transaction): void;
  /** There is something to do out of turn: an answer has come, or the backend takes more again. */
  messageCalls(transaction: Transaction): void;
  noticeFailure(operation: string, reason: unknown): void;
}

/** One mail transaction (RFC 5321 section 3.3): the envelope, then the message. */
export class Transaction {
  /** Octets of content that came so far. */
  size = 0;
  /** RCPT commands of this transaction, whatever became of them. */
  recipientsTried = 0;
  /** What the backend makes of the message; null while it has not said. */
  outcome: Outcome<DeliveryAnswer> | null = null;
  /** The session's own reply to a message that it does not take; null while all is well. */
  refusal: string | null = null;

  readonly #envelope: OpenEnvelope;
  readonly #sizeLimit: number;
  #owner: TransactionOwner | null = null;
  #message: ArrivingMessage | CollectedContent | null = null;

  constructor(envelope: OpenEnvelope, sizeLimit: number) {
    this.#envelope = envelope;
    this.#sizeLimit = sizeLimit;
  }

  get envelope(): Envelope {
    return this.#envelope;
  }

  addRecipient(recipient: Recipient): void {
    this.#envelope.recipients.push(recipient);
  }

  /** The content would be longer than the limit with that many octets more. */
  exceeds(octets: number): boolean {
    return this.size + octets > this.#sizeLimit;
  }

  /** The message begins: the backend gets it now or when it is complete. Where it answers at once, the outcome is there. */
  begin(backend: Pick<Backend, "message" | "wholeMessage">, owner: TransactionOwner): void {
    this.#owner = owner;
    const envelope = this.#envelope;
    if (backend.wholeMessage) {
      this.#message = new CollectedContent((content) => {
        this.#deliver(() => backend.wholeMessage?.({ envelope, content }));
      });
    } else {
      const message = new ArrivingMessage(envelope, this);
      this.#message = message;
      this.#deliver(() => backend.message?.(message));
    }
  }

  /** The message that was full takes more again, or was given up by its reader. */
  drained(): void {
    this.#owner?.messageCalls(this);
  }

  /** A listener for the body has failed. Whatever its backend says later, nothing of the message may be kept. */
  failed(reason: unknown): void {
    this.outcome ??= { error: errorOf(reason) };
    this.#owner?.noticeFailure("message", reason);
    this.#owner?.messageCalls(this);
  }

  /** The backend takes the content more slowly than it comes. */
  get full(): boolean {
    return this.#message?.full === true && this.outcome === null;
  }

  /** More content. It is dropped once the message is refused or the backend has answered. */
  add(content: Buffer): void {
    this.size += content.length;
    if (content.length === 0) return;
    if (this.outcome !== null) this.#destroy();
    if (this.#message) this.#message.add(content);
    else giveBack(content);
  }

  /** The content is complete. */
  finish(): void {
    this.#message?.finish();
  }

  /** The session does not take the message: nothing of it may be kept. */
  refuse(reply: string): void {
    if (this.refusal !== null) return;
    this.refusal = reply;
    this.#destroy(new MessageError("message-refused", `The message was refused: ${reply.trimEnd()}`));
  }

  /** The transaction is over; a message that is not complete must not be kept. */
  abandon(): void {
    // An error has its price, and most transactions end without a message that is under way.
    if (!this.#message) return;
    const incomplete = "The client went away before the message was complete.";
    this.#destroy(this.outcome === null ? new MessageError("message-incomplete", incomplete) : undefined);
  }

  #destroy(error?: MessageError): void {
    const message = this.#message;
    this.#message = null;
    message?.destroy(error);
  }

  #deliver(question: () => DeliveryAnswer | Promise<DeliveryAnswer>): void {
    ask(question, {
      atOnce: (outcome) => this.#answered(outcome),
      later: (outcome) => {
        this.#answered(outcome);
        this.#owner?.messageCalls(this);
      },
    });
  }

  #answered(outcome: Outcome<DeliveryAnswer>): void {
    if (this.outcome !== null) return;
    this.outcome = this.#checked(outcome);
    this.#owner?.messageAnswered(this);
  }

  #checked(outcome: Outcome<DeliveryAnswer>): Outcome<DeliveryAnswer> {
    if ("error" in outcome) return outcome;
    try {
      return { value: checkDelivery(outcome.value, this.#envelope.recipients.length) };
    } catch (error) {
      return { error: errorOf(error) };
    }
  }
}
