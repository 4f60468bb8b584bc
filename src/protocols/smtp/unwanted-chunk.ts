/** A BDAT chunk that is not wanted, and is read to its end all the same. */
export class UnwantedChunk {
  /** Octets still to come. */
  remaining: number;
  /** What is said after them. */
  readonly reply: string;

  constructor(octets: number, reply: string) {
    this.remaining = octets;
    this.reply = reply;
  }
}
