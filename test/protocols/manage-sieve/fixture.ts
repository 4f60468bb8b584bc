import type { Backend } from "../../../src/protocols/backend.ts";
import type { MailboxLimits } from "../../../src/protocols/mailbox.ts";
import { type ManageSieveOptions, manageSieve } from "../../../src/protocols/manage-sieve/index.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { MemoryWire, type MemoryWireOptions, secureFacts } from "../memory-wire.ts";

/** Knows one user. */
export const backend: Backend = {
  authenticate: async ({ username, password }) =>
    username === "alice" && password === "wonderland" ? { username: "alice@example.com", roles: [] } : null,
};

export interface Fixture {
  readonly wire: MemoryWire;
  readonly mailboxes: MemoryMailboxes;
}

export interface FixtureOptions extends Partial<ManageSieveOptions> {
  readonly mailboxLimits?: Partial<MailboxLimits>;
  readonly memory?: MemoryMailboxes;
}

/** A connection that has been greeted. */
export async function connect(options: FixtureOptions = {}, wireOptions: MemoryWireOptions = {}): Promise<Fixture> {
  const { mailboxLimits, memory = new MemoryMailboxes(mailboxLimits), ...given } = options;
  const wire = new MemoryWire(manageSieve({ backend, mailboxes: memory, ...given }), wireOptions);
  await wire.greet();
  return { wire, mailboxes: memory };
}

export const credentials = (password = "wonderland"): string => Buffer.from(`\0alice\0${password}`).toString("base64");

/** A connection whose client has logged in. */
export async function logIn(options: FixtureOptions = {}): Promise<Fixture> {
  const fixture = await connect(options, { tls: secureFacts });
  await fixture.wire.send(`AUTHENTICATE "PLAIN" "${credentials()}"\r\n`);
  return fixture;
}

/** A literal as clients send it. */
export function literal(text: string): string {
  return `{${Buffer.byteLength(text)}+}\r\n${text}`;
}
