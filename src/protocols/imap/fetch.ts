/** FETCH and UID FETCH (RFC 3501 section 6.4.5). */
import {
  type DescribedMessage,
  MailboxError,
  type MessageContent,
  type MessageStructure,
  type MessageSummary,
} from "../mailbox.ts";
import { type OnMailbox, onMailbox } from "./carry-out.ts";
import { type Completion, no, ok } from "./completion.ts";
import { BrokenResponse, type ImapDialogue } from "./dialogue.ts";
import type { FetchCommand } from "./grammar/command.ts";
import { formatInternalDate } from "./grammar/dates.ts";
import type { FetchAttribute, FetchItem, FetchSection } from "./grammar/fetch-item.ts";
import { formatSectionName } from "./grammar/format-response.ts";
import { formatBody, formatBodyStructure, formatEnvelope } from "./grammar/format-structure.ts";
import { findMessages, inBatches, noSuchMessage } from "./message-numbers.ts";
import { clip, HeaderFields, locate, needsStructure, READ_SIZE } from "./sections.ts";
import { flagsOf, writeKeywords } from "./untagged.ts";

/** How many messages are looked up, and marked as seen, at once. */
const BATCH = 64;
/** What an item of a message costs, in steps of `ImapDialogue.tires`. */
const STEPS_OF_ITEM = 50;

export function fetch(dialogue: ImapDialogue, command: FetchCommand): void {
  onMailbox(dialogue, { tag: command.tag, keepsNumbers: !command.uid }, (on) => new Fetch(on, command).carryOut());
}

class Fetch {
  readonly #on: OnMailbox;
  readonly #command: FetchCommand;
  readonly #items: readonly FetchItem[];
  readonly #sections: boolean;
  readonly #structures: boolean;
  readonly #setsSeen: boolean;
  #missing = false;

  constructor(on: OnMailbox, command: FetchCommand) {
    const { uid, items } = command;
    this.#on = on;
    this.#command = command;
    // The response to UID FETCH always has the UID. What is asked for twice is sent once.
    const asked = uid && !items.some(({ item }) => item === "UID") ? [{ item: "UID" } as const, ...items] : items;
    this.#items = [...new Map(asked.map((item) => [JSON.stringify(item), item])).values()];
    this.#sections = items.some(({ item }) => item === "SECTION");
    this.#structures = items.some(asksForStructure);
    this.#setsSeen = items.some((item) => item.item === "SECTION" && !item.peek) && !on.view.mailbox.readOnly;
  }

  async carryOut(): Promise<Completion> {
    const { view } = this.#on;
    const ranges = findMessages(view, this.#command);
    if (!ranges) return noSuchMessage;
    if (this.#items.some(({ item }) => item === "FLAGS")) writeKeywords(this.#on.dialogue.output, view);
    for (const batch of inBatches(ranges, BATCH)) await this.#fetchBatch(batch);
    if (this.#missing && !this.#command.uid) return no("Some of the messages are no more", "EXPUNGEISSUED");
    return ok("Fetched");
  }

  async #fetchBatch(indexes: readonly number[]): Promise<void> {
    const { dialogue, view } = this.#on;
    const structures = this.#structures ? new Descriptions(view.mailbox.describe(this.#uidsOf(indexes))) : null;
    const seen = this.#setsSeen ? await this.#setSeen(indexes) : null;
    for (const index of indexes) {
      if (dialogue.tires(STEPS_OF_ITEM * this.#items.length)) await dialogue.breathe();
      const message = view.at(index);
      if (!message) continue;
      const structure = await structures?.of(message.uid);
      if (structures && !structure) {
        this.#missing = true;
        continue;
      }
      const items = seen?.has(message.uid) ? withFlags(this.#items) : this.#items;
      const response = { number: index + 1, message, structure, items };
      if (this.#sections) await this.#sayWithContent(response);
      else this.#say(response);
    }
  }

  #uidsOf(indexes: readonly number[]): number[] {
    return indexes.flatMap((index) => this.#on.view.at(index)?.uid ?? []);
  }

  /** @returns the messages that had not been seen before. */
  async #setSeen(indexes: readonly number[]): Promise<ReadonlySet<number>> {
    const { view } = this.#on;
    const unseen = indexes.flatMap((index) => {
      const message = view.at(index);
      return message && !view.isGone(index) && !message.flags.includes("\\Seen") ? [message.uid] : [];
    });
    if (unseen.length > 0) await view.mailbox.store(unseen, { mode: "add", flags: ["\\Seen"] });
    return new Set(unseen);
  }

  #say({ number, message, structure, items }: Response): void {
    const { output } = this.#on.dialogue;
    let text = `* ${number} FETCH (`;
    for (const [place, item] of items.entries()) {
      if (place > 0) text += " ";
      if (item.item !== "SECTION") text += this.#attribute(item.item, { message, structure });
    }
    output.text(`${text})\r\n`);
  }

  /** Nothing is said of a message whose octets are gone. */
  async #sayWithContent(response: Response): Promise<void> {
    let content: MessageContent;
    try {
      content = await this.#on.view.mailbox.content(response.message.uid);
    } catch (error) {
      if (!(error instanceof MailboxError) || error.code !== "message-missing") throw error;
      this.#missing = true;
      return;
    }
    try {
      const { dialogue } = this.#on;
      const fields = new HeaderFields(content, (steps) => (dialogue.tires(steps) ? dialogue.breathe() : null));
      await this.#sayItems(response, { content, fields });
    } finally {
      content.close();
    }
  }

  async #sayItems({ number, message, structure, items }: Response, opened: OpenedMessage): Promise<void> {
    const { dialogue } = this.#on;
    const { output } = dialogue;
    output.text(`* ${number} FETCH (`);
    for (const [place, item] of items.entries()) {
      if (place > 0) output.text(" ");
      if (dialogue.tires(STEPS_OF_ITEM)) await dialogue.breathe();
      if (item.item === "SECTION") await this.#saySection(item, { ...opened, structure });
      else output.text(this.#attribute(item.item, { message, structure }));
    }
    output.text(")\r\n");
  }

  #attribute(
    item: FetchAttribute["item"],
    { message, structure }: { readonly message: MessageSummary; readonly structure: MessageStructure | undefined },
  ): string {
    switch (item) {
      case "UID":
        return `UID ${message.uid}`;
      case "FLAGS": {
        const { view } = this.#on;
        view.flagsSent(message.uid);
        return `FLAGS ${flagsOf(view, view.at(view.indexOf(message.uid)) ?? message)}`;
      }
      case "INTERNALDATE":
        return `INTERNALDATE ${formatInternalDate(message.internalDate)}`;
      case "RFC822.SIZE":
        return `RFC822.SIZE ${message.size}`;
      case "ENVELOPE":
        return `ENVELOPE ${structure ? formatEnvelope(structure.envelope) : "NIL"}`;
      case "BODY":
        return `BODY ${structure ? formatBody(structure.root) : "NIL"}`;
      case "BODYSTRUCTURE":
        return `BODYSTRUCTURE ${structure ? formatBodyStructure(structure.root) : "NIL"}`;
    }
  }

  async #saySection(
    section: FetchSection,
    { content, fields, structure }: OpenedMessage & { readonly structure: MessageStructure | undefined },
  ): Promise<void> {
    const { dialogue } = this.#on;
    const { output } = dialogue;
    const name = formatSectionName(section);
    const whole = structure && needsStructure(section) ? locate(section, structure) : { start: 0, end: content.size };
    if (!whole) {
      output.text(`${name} NIL`);
      return;
    }
    if (section.text === "HEADER.FIELDS" || section.text === "HEADER.FIELDS.NOT") {
      const octets = await fields.select(section, whole).catch(broken);
      const { start, end } = clip({ start: 0, end: octets.length }, section.partial);
      output.text(`${name} {${end - start}}\r\n`);
      output.octets(octets.subarray(start, end));
      if (dialogue.tires(whole.end - whole.start)) await dialogue.breathe();
      return;
    }
    const range = clip(whole, section.partial);
    output.text(`${name} {${range.end - range.start}}\r\n`);
    await this.#stream(content, range);
  }

  /** The literal was announced: all its octets have to follow. */
  async #stream(content: MessageContent, { start, end }: { start: number; end: number }): Promise<void> {
    const { dialogue } = this.#on;
    for (let at = start; at < end; ) {
      if (dialogue.output.full) await dialogue.room();
      const octets = await content.read(at, Math.min(at + READ_SIZE, end)).catch(broken);
      if (octets.length === 0) broken(new Error("The message is shorter than its structure says."));
      dialogue.output.octets(octets);
      at += octets.length;
    }
  }
}

/** Structures as they come, in the order of the messages, a few of them in memory at once. */
class Descriptions {
  readonly #coming: AsyncIterator<DescribedMessage>;
  #next: DescribedMessage | null = null;

  constructor(described: AsyncIterable<DescribedMessage>) {
    this.#coming = described[Symbol.asyncIterator]();
  }

  /** @returns undefined when the message has been expunged. To be asked in the order of the messages. */
  async of(uid: number): Promise<MessageStructure | undefined> {
    while (!this.#next || this.#next.uid < uid) {
      const { value, done } = await this.#coming.next();
      if (done) return undefined;
      this.#next = value;
    }
    return this.#next.uid === uid ? this.#next.structure : undefined;
  }
}

/** A message whose octets are read. */
interface OpenedMessage {
  readonly content: MessageContent;
  readonly fields: HeaderFields;
}

interface Response {
  readonly number: number;
  readonly message: MessageSummary;
  readonly structure: MessageStructure | undefined;
  readonly items: readonly FetchItem[];
}

/** In the middle of a response nothing else can be said. */
function broken(cause: unknown): never {
  throw new BrokenResponse("A response could not be completed.", { cause });
}

function asksForStructure(item: FetchItem): boolean {
  if (item.item === "SECTION") return needsStructure(item);
  return item.item === "ENVELOPE" || item.item === "BODY" || item.item === "BODYSTRUCTURE";
}

/** The client has to learn that \Seen was set by its command (RFC 3501 section 6.4.5). */
function withFlags(items: readonly FetchItem[]): readonly FetchItem[] {
  return items.some(({ item }) => item === "FLAGS") ? items : [...items, { item: "FLAGS" }];
}
