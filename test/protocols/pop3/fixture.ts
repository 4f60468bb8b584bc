import type { Backend } from "../../../src/protocols/backend.ts";
import { type Pop3Options, pop3 } from "../../../src/protocols/pop3/index.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { MemoryWire, type MemoryWireOptions, secureFacts } from "../memory-wire.ts";

export const alice = "alice@example.com";

/** Knows one user. */
export const oneUser: Pick<Backend, "authenticate"> = {
  authenticate: async ({ username, password }) =>
    username === "alice" && password === "wonder land " ? { username: alice, roles: [] } : null,
};

export interface Fixture {
  readonly wire: MemoryWire;
  readonly mailboxes: MemoryMailboxes;
}

export interface FixtureOptions extends Partial<Pop3Options> {
  readonly mail?: readonly string[];
  readonly wire?: MemoryWireOptions;
}

/** A connection under TLS that has been greeted; there is mail for alice. */
export async function connect(options: FixtureOptions = {}): Promise<Fixture> {
  const { mail = [], wire: wireOptions = { tls: secureFacts }, ...given } = options;
  const mailboxes = new MemoryMailboxes();
  for (const message of mail) mailboxes.deliver(alice, message);
  const wire = new MemoryWire(pop3({ backend: oneUser, mailboxes, ...given }), wireOptions);
  await wire.greet();
  return { wire, mailboxes };
}

export const login = "USER alice\r\nPASS wonder land \r\n";

/** A connection in the transaction state. */
export async function logIn(options: FixtureOptions = {}): Promise<Fixture> {
  const fixture = await connect(options);
  await fixture.wire.send(login);
  return fixture;
}

/** Another session of the same account. */
export async function another({ mailboxes }: Fixture, options: Partial<Pop3Options> = {}): Promise<MemoryWire> {
  const wire = new MemoryWire(pop3({ backend: oneUser, mailboxes, ...options }), { tls: secureFacts });
  await wire.greet();
  return wire;
}
