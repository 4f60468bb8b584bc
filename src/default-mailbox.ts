/** Backend and mailboxes when the embedder has none: the document's accounts, and mail in SQLite. */
import type { MessagePort } from "node:worker_threads";
import type { Configuration } from "./config/index.ts";
import type { GatehouseOptions } from "./gatehouse-options.ts";
import {
  AccountDirectory,
  type AccountEntry,
  type Accounts,
  administrator,
  authenticateBy,
  authenticateCertificateBy,
  keptAdministrator,
  type LendableStore,
  Lender,
  type LentMail,
  type MailboxBackend,
  mailboxBackend,
  openLendableStore,
  type Store,
} from "./mailbox/index.ts";
import type { Backend } from "./protocols/backend.ts";
import type { Mailboxes } from "./protocols/mailbox.ts";
import type { MaildropLocks } from "./protocols/maildrop-locks.ts";
import { Breather } from "./runtime/time/breather.ts";
import { resolveText } from "./runtime/tls/secret-text.ts";

export interface Mail {
  readonly backend: Backend;
  /** Null where the embedder's own backend keeps the mail and there is nothing to read it with. */
  readonly mailboxes: Mailboxes | null;
  /** Prepares what another document needs; the returned function puts that into force. Opens nothing once aborted. */
  stage(configuration: Configuration, signal: AbortSignal): Promise<() => void>;
  /** Every address is bound: now an administrator is made, where none is there and none is configured. */
  bound(): Promise<void>;
  /** Another process may open the store from here on. */
  share(): void;
  /** The store's part in a succession; null without a store. */
  readonly neighbours: Store["neighbours"] | null;
  /** The other process has ended. */
  alone(): void;
  /** For a worker: a port by which it borrows accounts and store; null where the embedder keeps the mail. */
  lend(): MessagePort | null;
  release(): Promise<void>;
}

/** Protocols that use backend or mailboxes. */
const mailProtocols: ReadonlySet<string> = new Set(["smtp", "lmtp", "imap", "pop3", "manageSieve"]);

export interface MailWanted {
  readonly configuration: Configuration;
  readonly dataDirectory: string;
  readonly signal: AbortSignal;
  /** Maildrops that sessions in the threads of workers have; null without workers. */
  readonly locks?: MaildropLocks | null;
}

/**
 * The embedder's backend and mailboxes; without a backend the default one, opened when some listener needs it.
 * Its store also backs the default mailboxes: what it accepts is available to IMAP at once.
 */
export async function mailboxFor(
  options: GatehouseOptions,
  { configuration, dataDirectory, signal, locks = null }: MailWanted,
): Promise<Mail> {
  const { backend, mailboxes = null } = options;
  if (backend) return { backend, mailboxes, stage: async () => () => {}, ...notOurs };
  const mailbox = new DefaultMailbox(options, { dataDirectory, locks });
  try {
    const commit = await mailbox.stage(configuration, signal);
    commit();
    return mailbox;
  } catch (error) {
    await mailbox.release();
    throw error;
  }
}

/** For mail that the embedder keeps. */
const notOurs = {
  bound: async () => {},
  share: () => {},
  alone: () => {},
  lend: () => null,
  neighbours: null,
  release: async () => {},
};

const nobody = new AccountDirectory([]);

/** Whether a listener of the document has to do with the mail that is kept by default. */
export function isMailWanted({ protocols = [] }: Pick<GatehouseOptions, "protocols">, { listeners }: Configuration) {
  const replaced = new Set(protocols.map(({ name }) => name));
  return listeners.some(({ protocol }) => mailProtocols.has(protocol) && !replaced.has(protocol));
}

/** A part that is there as soon as mail is wanted. */
export function wanted<Part>(part: Part | null): Part {
  if (part === null) throw new Error("No listener of the document in force has to do with mail.");
  return part;
}

/** The backend of whichever document is in force when it is asked. */
export function followingBackend({
  accounts,
  inForce,
}: {
  /** Null where nobody can log in. */
  accounts(): Accounts | null;
  inForce(): MailboxBackend | null;
}): MailboxBackend {
  return {
    authenticate: async (attempt) => {
      const directory = accounts();
      return directory && authenticateBy(() => directory)(attempt);
    },
    authenticateCertificate: (attempt) => {
      const directory = accounts();
      return directory && authenticateCertificateBy(() => directory)(attempt);
    },
    sender: (envelope) => wanted(inForce()).sender(envelope),
    recipient: (envelope, recipient) => wanted(inForce()).recipient(envelope, recipient),
    message: (message) => wanted(inForce()).message(message),
  };
}

/** Accounts and host name of the document in force, over one store for the whole life of the server. */
class DefaultMailbox implements Mail {
  readonly #options: GatehouseOptions;
  readonly #dataDirectory: string;
  readonly #locks: MaildropLocks | null;
  #store: LendableStore | null = null;
  #inForce: MailboxBackend | null = null;
  /** Null where nobody can log in. */
  #accounts: AccountDirectory | null = null;
  /** Those of the document that was prepared last. */
  #staged: AccountDirectory | null = null;
  /** Makes the administrator; null where nothing is missing. */
  #missing: (() => Promise<void>) | null = null;
  #isBound = false;
  /** With a predecessor or a successor. */
  #isShared: boolean;
  readonly mailboxes: Mailboxes;
  readonly #lender = new Lender({
    writer: () => wanted(this.#store).lendWriter(),
    mail: (which) => this.#lent(which === "staged" ? this.#staged : this.#accounts),
    maildrops: () => this.neighbours,
    accounts: () => this.#accounts,
  });

  constructor(
    options: GatehouseOptions,
    { dataDirectory, locks }: { readonly dataDirectory: string; readonly locks: MaildropLocks | null },
  ) {
    this.#options = options;
    this.#locks = locks;
    this.#isShared = Boolean(options.predecessor);
    this.#dataDirectory = dataDirectory;
    this.mailboxes = options.mailboxes ?? { open: async (identity) => wanted(this.#store).mailboxes.open(identity) };
  }

  readonly backend = followingBackend({ accounts: () => this.#accounts, inForce: () => this.#inForce });

  async stage(configuration: Configuration, signal: AbortSignal): Promise<() => void> {
    const configured = await this.#configuredAccounts(configuration);
    if (!isMailWanted(this.#options, configuration)) return this.#stageAccounts(configuration, configured);
    const { defaultHostname: hostname, recipientDelimiter } = configuration.system;
    // The store comes first: it takes the folder's lock, so that two starts cannot both make an administrator.
    const store = await this.#storeFor(signal);
    const accounts = configured ?? (await this.#administratorOnly(hostname));
    this.#staged = accounts;
    return () => {
      this.#accounts = accounts;
      this.#inForce = mailboxBackend({ store, accounts: () => this.#accounts ?? nobody, hostname, recipientDelimiter });
    };
  }

  async #configuredAccounts(configuration: Configuration): Promise<AccountDirectory | null> {
    const entries = await resolveAccounts(configuration);
    const breather = new Breather();
    return entries.length > 0 ? AccountDirectory.inTurns(entries, () => breather.rest()) : null;
  }

  /** Without mail accounts are for the management alone. No administrator is made whose password nobody would learn. */
  async #stageAccounts(configuration: Configuration, configured: AccountDirectory | null): Promise<() => void> {
    const { onAdministratorMade } = this.#options;
    const managed = configuration.listeners.some(({ protocol }) => protocol === "http");
    const { defaultHostname } = configuration.system;
    const accounts =
      configured ?? (managed && onAdministratorMade ? await this.#administratorOnly(defaultHostname) : null);
    this.#staged = accounts;
    return () => {
      this.#accounts = accounts;
    };
  }

  async #storeFor(signal: AbortSignal): Promise<LendableStore> {
    signal.throwIfAborted();
    if (this.#store) return this.#store;
    const store = await openLendableStore(this.#dataDirectory, {
      joins: this.#isShared,
      ...(this.#locks ? { locks: this.#locks } : {}),
    });
    if (signal.aborted) await store.close();
    signal.throwIfAborted();
    this.#store = store;
    return store;
  }

  share(): void {
    this.#isShared = true;
    this.#store?.share();
  }

  alone(): void {
    this.#isShared = false;
    this.#store?.alone();
  }

  get neighbours(): Store["neighbours"] | null {
    return this.#store?.neighbours ?? null;
  }

  lend(): MessagePort {
    return this.#lender.lend();
  }

  #lent(directory: AccountDirectory | null): LentMail {
    return { accounts: directory && [...directory.accounts], hasStore: this.#store !== null };
  }

  async release(): Promise<void> {
    await this.#store?.close();
  }

  async bound(): Promise<void> {
    this.#isBound = true;
    await this.#missing?.();
    this.#missing = null;
  }

  /** Null until everything is bound, where there is none yet: a start that fails makes nobody. */
  async #administratorOnly(hostname: string): Promise<AccountDirectory | null> {
    if (this.#isBound) return this.#makeAdministrator(hostname);
    const kept = await keptAdministrator(this.#dataDirectory);
    if (kept) return new AccountDirectory([kept]);
    this.#missing = async () => {
      this.#accounts = await this.#makeAdministrator(hostname);
    };
    return null;
  }

  async #makeAdministrator(hostname: string): Promise<AccountDirectory> {
    const admin = await administrator(this.#dataDirectory, hostname);
    if (admin.created) this.#options.onAdministratorMade?.({ address: admin.address, password: admin.password });
    return new AccountDirectory([admin.account]);
  }
}

/** @throws CredentialError for a secret whose variable or file cannot be read. */
export async function resolveAccounts(configuration: Configuration): Promise<AccountEntry[]> {
  const entries: Promise<AccountEntry>[] = [];
  await new Breather().forEach(configuration.accounts, (account) => {
    const entry = entryOf(account);
    // Reported below.
    entry.catch(() => {});
    entries.push(entry);
  });
  return Promise.all(entries);
}

async function entryOf({ address, secret, roles }: Configuration["accounts"][number]): Promise<AccountEntry> {
  return { address, secret: await resolveText(secret), roles };
}
