/** What answers tell of messages, one message after the other. */

/** What an answer tells of one message: at once, or when it has been opened; null when it is gone. */
type Told<Item> = Item | Promise<Item | null>;

/**
 * Most of what is told is there already. So this is no generator, which would take several turns of the microtask queue
 * for each message, but an iterator whose promises are resolved.
 */
export class ToldOneByOne<Answer, Item> implements AsyncIterableIterator<Item> {
  readonly #answers: AsyncIterator<Answer>;
  readonly #told: (answer: Answer) => Iterator<Told<Item>>;
  #current: Iterator<Told<Item>> | null = null;

  /** @param told what an answer tells of each message, in their order. */
  constructor(answers: AsyncIterable<Answer>, told: (answer: Answer) => Iterator<Told<Item>>) {
    this.#answers = answers[Symbol.asyncIterator]();
    this.#told = told;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item>> {
    const said = this.#current?.next();
    if (!said || said.done) return this.#nextAnswer();
    const { value } = said;
    return value instanceof Promise ? this.#opened(value) : Promise.resolve({ done: false, value });
  }

  async return(): Promise<IteratorResult<Item>> {
    this.#current = null;
    await this.#answers.return?.();
    return { done: true, value: undefined };
  }

  async #nextAnswer(): Promise<IteratorResult<Item>> {
    const { value, done } = await this.#answers.next();
    if (done) return { done: true, value: undefined };
    this.#current = this.#told(value);
    return this.next();
  }

  async #opened(opening: Promise<Item | null>): Promise<IteratorResult<Item>> {
    const value = await opening;
    return value === null ? this.next() : { done: false, value };
  }
}
