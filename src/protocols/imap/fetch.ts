/** FETCH and UID FETCH (RFC 3501 section 6.4.5). */
import { checkedContent, checkedIterable, checkedOctets } from "../checked-mailbox.ts";
import {
  type DescribedMessage,
  type Mailbox,
  MailboxError,
  type MessageContent,
  type MessageHeader,
  type MessageStructure,
  type MessageSummary,
  type OpenedMessage,
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
import {
  clip,
  FieldSelection,
  HeaderFields,
  isInHeaderFields,
  locate,
  needsStructure,
  READ_SIZE,
  SHORT_HEADER,
} from "./sections.ts";
import { flagsOf, writeKeywords } from "./untagged.ts";

/** How many messages are looked up, and marked as seen, at once. */
const BATCH = 500;
/** What an item of a message costs, in steps of `ImapDialogue.tires`. */
const STEPS_OF_ITEM = 50;

export function fetch(dialogue: ImapDialogue, command: FetchCommand): void {
  onMailbox(dialogue, { tag: command.tag, keepsNumbers: !command.uid }, (on) => new Fetch(on, command).carryOut());
}

class Fetch {
  readonly #on: OnMailbox;
  readonly #command: FetchCommand;
  readonly #items: readonly FetchItem[];
  /** What has to be read of each message. */
  readonly #reads: "nothing" | "header" | "content";
  readonly #structures: boolean;
  readonly #setsSeen: boolean;
  /** What stays the same for all messages: a section's name, and the fields that it asks for. */
  readonly #names = new Map<FetchSection, string>();
  readonly #selections = new Map<FetchSection, FieldSelection>();
  #missing = false;

  constructor(on: OnMailbox, command: FetchCommand) {
    const { uid, items } = command;
    this.#on = on;
    this.#command = command;
    // The response to UID FETCH always has the UID. What is asked for twice is sent once.
    const asked = uid && !items.some(({ item }) => item === "UID") ? [{ item: "UID" } as const, ...items] : items;
    this.#items = [...new Map(asked.map((item) => [JSON.stringify(item), item])).values()];
    const sections = items.filter((item) => item.item === "SECTION");
    for (const section of sections) {
      this.#names.set(section, formatSectionName(section));
      if (isInHeaderFields(section)) this.#selections.set(section, new FieldSelection(section));
    }
    const areInHeader = on.view.mailbox.headers !== undefined && sections.every(isInHeaderFields);
    this.#reads = sections.length === 0 ? "nothing" : areInHeader ? "header" : "content";
    this.#structures = items.some((item) => asksForStructure(item) && !(item.item === "SECTION" && areInHeader));
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
    const { mailbox } = this.#on.view;
    const uids = this.#uidsOf(indexes);
    const drop = this.#drop;
    const [describes, reads] = [this.#structures, this.#reads];
    const sources: Sources = {
      structures: describes ? new InOrder(checkedIterable("describe", mailbox.describe(uids)), drop) : null,
      headers: reads === "header" ? new InOrder(headersOf(mailbox, uids, this.#fieldNames()), drop) : null,
      contents: reads === "content" ? new InOrder(contentsOf(mailbox, uids), drop) : null,
    };
    try {
      await this.#sayAll(indexes, sources);
    } finally {
      for (const source of Object.values(sources)) await source?.close();
    }
  }

  async #sayAll(indexes: readonly number[], { structures, headers, contents }: Sources): Promise<void> {
    const { dialogue, view } = this.#on;
    const seen = this.#setsSeen ? await this.#setSeen(indexes) : null;
    for (const index of indexes) {
      if (dialogue.tires(STEPS_OF_ITEM * this.#items.length)) await dialogue.breathe();
      const message = view.at(index);
      if (!message) continue;
      const structure = structures ? (await structures.of(message.uid))?.structure : undefined;
      const header = headers ? (await headers.of(message.uid))?.octets : undefined;
      const content = contents && (!structures || structure) ? (await contents.of(message.uid))?.content : undefined;
      if ((structures && !structure) || (headers && !header) || (contents && !content)) {
        this.#close(content);
        this.#missing = true;
        continue;
      }
      const items = seen?.has(message.uid) ? withFlags(this.#items) : this.#items;
      const response = { number: index + 1, message, structure, items };
      if (content) await this.#sayWithContent(response, content);
      else if (header && header.length <= SHORT_HEADER) this.#sayOfHeader(response, header);
      else if (header) await this.#sayWithHeader(response, header);
      else this.#say(response);
    }
  }

  #fieldNames(): string[] {
    return this.#items.flatMap((item) => (item.item === "SECTION" ? item.fields : []));
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

  async #sayWithContent(response: Response, content: MessageContent): Promise<void> {
    try {
      await this.#sayItems(response, { content, fields: this.#fieldsOf(content), header: null });
    } finally {
      this.#close(content);
    }
  }

  #close(content: MessageContent | undefined): void {
    this.#on.dialogue.closeOpened("mailbox.content", content);
  }

  /** Gives back what was not asked for. */
  readonly #drop = (said: object): void => {
    if ("content" in said) this.#close((said as OpenedMessage).content);
  };

  /** All that is asked for is in a short header: nothing is waited for. */
  #sayOfHeader({ number, message, structure, items }: Response, octets: Uint8Array): void {
    const { dialogue } = this.#on;
    const header = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
    let text = `* ${number} FETCH (`;
    for (const [place, item] of items.entries()) {
      if (place > 0) text += " ";
      const fields = item.item === "SECTION" ? this.#selections.get(item)?.of(header) : undefined;
      if (item.item !== "SECTION") text += this.#attribute(item.item, { message, structure });
      else if (fields) {
        const { start, end } = clip({ start: 0, end: fields.length }, item.partial);
        dialogue.output.text(`${text}${this.#names.get(item)} {${end - start}}\r\n`);
        dialogue.output.octets(fields.subarray(start, end));
        text = "";
      }
    }
    dialogue.output.text(`${text})\r\n`);
    // The next message finds out whether that was much.
    dialogue.tires(header.length);
  }

  #sayWithHeader(response: Response, octets: Uint8Array): Promise<void> {
    const header = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
    const content = { size: header.length, read: async (start: number, end: number) => header.subarray(start, end) };
    return this.#sayItems(response, { content, fields: this.#fieldsOf(content), header });
  }

  #fieldsOf(content: ReadContent): HeaderFields {
    const { dialogue } = this.#on;
    return new HeaderFields(content, (steps) => (dialogue.tires(steps) ? dialogue.breathe() : null));
  }

  async #sayItems({ number, message, structure, items }: Response, opened: Opened): Promise<void> {
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
    { content, fields, header, structure }: Opened & { readonly structure: MessageStructure | undefined },
  ): Promise<void> {
    const { dialogue } = this.#on;
    const { output } = dialogue;
    const name = this.#names.get(section) ?? formatSectionName(section);
    const isPart = structure && !header && needsStructure(section);
    const whole = isPart ? locate(section, structure) : { start: 0, end: content.size };
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
  async #stream(content: ReadContent, { start, end }: { start: number; end: number }): Promise<void> {
    const { dialogue } = this.#on;
    for (let at = start; at < end; ) {
      if (dialogue.output.full) await dialogue.room();
      const octets = await readSome(content, { start: at, end: Math.min(at + READ_SIZE, end) });
      if (octets.length === 0) broken(new Error("The message is shorter than its structure says."));
      dialogue.output.octets(octets);
      at += octets.length;
    }
  }
}

/** What the mailbox says of messages as it comes, in their order, a few of them in memory at once. */
class InOrder<Said extends { readonly uid: number }> {
  readonly #coming: AsyncIterator<Said>;
  readonly #drop: (said: Said) => void;
  #next: Said | null = null;

  /** @param drop called with what is passed over. */
  constructor(coming: AsyncIterable<Said>, drop: (said: Said) => void) {
    this.#coming = coming[Symbol.asyncIterator]();
    this.#drop = drop;
  }

  /** @returns undefined when the message has been expunged. To be asked in the order of the messages. */
  async of(uid: number): Promise<Said | undefined> {
    while (!this.#next || this.#next.uid < uid) {
      if (this.#next) this.#drop(this.#next);
      this.#next = null;
      const { value, done } = await this.#coming.next();
      if (done) return undefined;
      this.#next = value;
    }
    if (this.#next.uid !== uid) return undefined;
    const said = this.#next;
    this.#next = null;
    return said;
  }

  /** Gives back what was not asked for. */
  async close(): Promise<void> {
    if (this.#next) this.#drop(this.#next);
    await this.#coming.return?.();
  }
}

/** To be asked of a mailbox that has them. */
function headersOf(mailbox: Mailbox, uids: readonly number[], fields: readonly string[]): AsyncIterable<MessageHeader> {
  return checkedIterable("headers", mailbox.headers?.(uids, fields) as AsyncIterable<MessageHeader>);
}

/** Of the mailbox at once where it can, else one after the other, without those that are gone. */
function contentsOf(mailbox: Mailbox, uids: readonly number[]): AsyncIterable<OpenedMessage> {
  return mailbox.contents ? checkedIterable("contents", mailbox.contents(uids)) : eachContent(mailbox, uids);
}

async function* eachContent(mailbox: Mailbox, uids: readonly number[]): AsyncGenerator<OpenedMessage> {
  for (const uid of uids) {
    let content: MessageContent;
    try {
      content = checkedContent(await mailbox.content(uid));
    } catch (error) {
      if (error instanceof MailboxError && error.code === "message-missing") continue;
      throw error;
    }
    yield { uid, content };
  }
}

interface Sources {
  readonly structures: InOrder<DescribedMessage> | null;
  readonly headers: InOrder<MessageHeader> | null;
  readonly contents: InOrder<OpenedMessage> | null;
}

type ReadContent = Pick<MessageContent, "size" | "read">;

/** A message whose octets are read. */
interface Opened {
  readonly content: ReadContent;
  readonly fields: HeaderFields;
  /** The header alone is there, with all fields that are asked for. */
  readonly header: Buffer | null;
}

interface Response {
  readonly number: number;
  readonly message: MessageSummary;
  readonly structure: MessageStructure | undefined;
  readonly items: readonly FetchItem[];
}

async function readSome(content: ReadContent, { start, end }: { start: number; end: number }): Promise<Uint8Array> {
  try {
    return checkedOctets("read", await content.read(start, end));
  } catch (error) {
    return broken(error);
  }
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
