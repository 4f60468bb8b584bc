import type { Backend, Envelope } from "../../../src/protocols/backend.ts";
import { type SmtpOptions, smtp } from "../../../src/protocols/smtp/index.ts";
import { MemoryWire, type MemoryWireOptions } from "../memory-wire.ts";

export interface StoredMessage {
  readonly envelope: Envelope;
  readonly content: Buffer;
}

/** A backend that takes everything from everyone, knows one user, and keeps messages in memory. */
export class KeepingBackend implements Backend {
  readonly stored: StoredMessage[] = [];
  /** Messages whose body broke off. */
  readonly broken: Error[] = [];

  authenticate: Backend["authenticate"] = async ({ username, password }) =>
    username === "alice" && password === "wonderland" ? { username: "alice@example.com", roles: [] } : null;

  sender: Backend["sender"] = async () => undefined;

  recipient: Backend["recipient"] = async (_envelope, recipient) =>
    recipient.address.startsWith("nobody@") ? { code: 550, enhanced: "5.1.1", text: "No such user" } : undefined;

  message: Backend["message"] = async ({ envelope, body }) => {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of body) pieces.push(Buffer.from(piece as Buffer));
    } catch (error) {
      this.broken.push(error as Error);
      throw error;
    }
    this.stored.push({ envelope, content: Buffer.concat(pieces) });
    return undefined;
  };

  get contents(): string[] {
    return this.stored.map(({ content }) => content.toString("latin1"));
  }
}

export interface Fixture {
  readonly wire: MemoryWire;
  readonly backend: KeepingBackend;
}

/** A connection that has been greeted. */
export async function connect(
  options: Partial<SmtpOptions> = {},
  wireOptions: MemoryWireOptions = {},
): Promise<Fixture> {
  const backend = new KeepingBackend();
  const wire = new MemoryWire(smtp({ backend, ...options }), wireOptions);
  await wire.greet();
  return { wire, backend };
}

/** A connection that has introduced itself. */
export async function introduce(
  options: Partial<SmtpOptions> = {},
  wireOptions: MemoryWireOptions = {},
): Promise<Fixture> {
  const fixture = await connect(options, wireOptions);
  await fixture.wire.send("EHLO client.example.org\r\n");
  return fixture;
}

/** A connection that waits for the content of a message. */
export async function startData(options: Partial<SmtpOptions> = {}): Promise<Fixture> {
  const fixture = await introduce(options);
  await fixture.wire.send("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
  return fixture;
}

/** The codes of the replies, one for each reply. */
export function codes(output: string): string[] {
  return [...output.matchAll(/^(\d{3}) /gm)].map((match) => match[1] ?? "");
}
