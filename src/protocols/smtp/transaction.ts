import type { Backend, DeliveryAnswer, Envelope, Recipient } from "../backend.ts";
import { IncomingBody, MessageError } from "../incoming-body.ts";
import { errorOf, type Outcome } from "../session/question.ts";
import { checkDelivery } from "./replies.ts";

/** One mail transaction (RFC 5321 section 3.3): the envelope, then the message. */
export class Transaction {
  readonly envelope: Envelope;
  /** Octets of content that came so far. */
  size = 0;
  /** RCPT commands of this transaction, whatever became of them. */
  recipientsTried = 0;
  /** What the backend makes of the message; null while it has not said. */
  outcome: Outcome<DeliveryAnswer> | null = null;
  /** The session's own reply to a message that it does not take; null while all is well. */
  refusal: string | null = null;

  readonly #recipients: Recipient[];
  readonly #sizeLimit: number;
  #body: IncomingBody | null = null;

  constructor(envelope: Omit<Envelope, "recipients">, sizeLimit: number) {
    this.#recipients = [];
    this.envelope = { ...envelope, recipients: this.#recipients };
    this.#sizeLimit = sizeLimit;
  }

  addRecipient(recipient: Recipient): void {
    this.#recipients.push(recipient);
  }

  /** The content would be longer than the limit with that many octets more. */
  exceeds(octets: number): boolean {
    return this.size + octets > this.#sizeLimit;
  }

  /** The message begins: the backend gets it. `changed` is called when the body takes more again and when the outcome is there. */
  async begin(deliver: NonNullable<Backend["message"]>, changed: () => void): Promise<void> {
    const body = new IncomingBody(changed);
    this.#body = body;
    try {
      const answer = await deliver({ envelope: this.envelope, body });
      this.outcome = { value: checkDelivery(answer, this.#recipients.length) };
    } catch (error) {
      this.outcome = { error: errorOf(error) };
    }
    changed();
  }

  /** The backend takes the content more slowly than it comes. */
  get full(): boolean {
    return this.#body?.full === true && this.outcome === null;
  }

  /** More content. It is dropped once the message is refused or the backend has answered. */
  add(content: Buffer): void {
    this.size += content.length;
    const body = this.#body;
    if (!body || content.length === 0) return;
    if (this.outcome !== null) this.#destroy();
    else body.add(content);
  }

  /** The content is complete. */
  finish(): void {
    this.#body?.push(null);
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
    if (!this.#body) return;
    const incomplete = "The client went away before the message was complete.";
    this.#destroy(this.outcome === null ? new MessageError("message-incomplete", incomplete) : undefined);
  }

  #destroy(error?: MessageError): void {
    const body = this.#body;
    this.#body = null;
    if (body && !body.readableEnded) body.destroy(error);
  }
}
