/** The backend when the embedder brings none: the document's accounts, and mail in SQLite. */
import type { Configuration } from "./config/index.ts";
import type { GatehouseOptions } from "./gatehouse.ts";
import { AccountDirectory, type AccountEntry, administrator, mailboxBackend, openStore } from "./mailbox/index.ts";
import type { Backend } from "./protocols/backend.ts";
import { resolveText } from "./runtime/tls/secret-text.ts";

export interface Mailbox {
  readonly backend: Backend;
  release(): Promise<void>;
}

interface Place {
  readonly configuration: Configuration;
  readonly dataDirectory: string;
}

/** Protocols that receive mail by way of the backend. */
const mailProtocols: ReadonlySet<string> = new Set(["smtp"]);

/** The embedder's backend; else the default one, if some listener needs it. */
export async function mailboxFor(options: GatehouseOptions, place: Place): Promise<Mailbox> {
  const { backend, protocols = [] } = options;
  const replaced = new Set(protocols.map(({ name }) => name));
  const wanted = place.configuration.listeners.some(
    ({ protocol }) => mailProtocols.has(protocol) && !replaced.has(protocol),
  );
  if (backend || !wanted) return { backend: backend ?? {}, release: async () => {} };
  return openMailbox(options, place);
}

async function openMailbox(options: GatehouseOptions, { configuration, dataDirectory }: Place): Promise<Mailbox> {
  const hostname = configuration.system.defaultHostname;
  const entries = await resolveAccounts(configuration);
  const configured = entries.length > 0 ? new AccountDirectory(entries) : null;
  // The store comes first: it takes the folder's lock, so that two starts cannot both make an administrator.
  const store = await openStore(dataDirectory);
  try {
    const accounts = configured ?? (await administratorOnly(options, dataDirectory, hostname));
    return {
      backend: mailboxBackend({ store, accounts: () => accounts, hostname }),
      release: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function administratorOnly(
  { onAdministratorMade }: GatehouseOptions,
  dataDirectory: string,
  hostname: string,
): Promise<AccountDirectory> {
  const admin = await administrator(dataDirectory, hostname);
  if (admin.created) onAdministratorMade?.({ address: admin.address, password: admin.password });
  return new AccountDirectory([admin.account]);
}

/** @throws CredentialError for a secret whose variable or file cannot be read. */
export async function resolveAccounts(configuration: Configuration): Promise<AccountEntry[]> {
  return Promise.all(
    configuration.accounts.map(async ({ address, secret, roles }) => ({
      address,
      secret: await resolveText(secret),
      roles,
    })),
  );
}
