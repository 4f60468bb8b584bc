/** The backend that a server has without an embedder's: the accounts of its configuration, and mail kept in a store. */

import {
  canonicalAddress,
  canonicalDomain,
  isSameAddress,
  withoutDetail,
} from "../config/addresses/canonical-address.ts";
import { addressKey } from "../protocols/address-key.ts";
import type {
  Answer,
  Backend,
  CertificateAttempt,
  DeliveryAnswer,
  Envelope,
  Identity,
  IncomingMessage,
  LoginAttempt,
  Reply,
} from "../protocols/backend.ts";
import type { Accounts } from "./accounts/accounts.ts";
import { traceHeader } from "./message/trace-header.ts";
import type { Store } from "./store/store.ts";
import type { DeliveryRecipient } from "./store/store-calls.ts";
import { type StoreError, toStoreError } from "./store/store-error.ts";

/** Keeps mail as it comes: it takes messages as streams. */
export type MailboxBackend = Required<Omit<Backend, "wholeMessage">>;

export interface MailboxOptions {
  readonly store: Pick<Store, "deliver">;
  /** The accounts in force; asked at each command, so that a reload may replace them. */
  readonly accounts: () => Accounts;
  /** `defaultHostname`; its mail is taken like that of the accounts' domains. */
  readonly hostname: string;
  /**
   * Parts a detail from an account's name (RFC 5233): mail for `ann+lists@` goes to `ann@` unless `ann+lists@` is an account.
   * Null: there are no details. Default: `+`.
   */
  readonly recipientDelimiter?: string | null;
}

const REPLIES = {
  notOwner: { code: 550, enhanced: "5.7.1", text: "You may only send from your own address" },
  unknownUser: { code: 550, enhanced: "5.1.1", text: "No such user here" },
  noPostmaster: { code: 550, enhanced: "5.1.1", text: "No account here has the role admin" },
  relayDenied: { code: 550, enhanced: "5.7.1", text: "Relaying denied" },
  noQueue: {
    code: 550,
    enhanced: "5.7.1",
    text: "This server delivers to its own accounts only; it has no outgoing queue",
  },
  overQuota: { code: 452, enhanced: "4.2.2", text: "The mailbox is full, try again later" },
  full: { code: 452, enhanced: "4.3.1", text: "Insufficient system storage, try again later" },
  failed: { code: 451, enhanced: "4.3.0", text: "The message could not be stored, try again later" },
} as const satisfies Record<string, Reply>;

/**
 * Who may do what:
 *
 * - Senders: a logged-in user may send from their own address, with a detail or without, and from the null sender (RFC
 *   8098 3), an administrator from any. Nobody else is asked for one: forwarders send with addresses that are hosted here.
 * - Recipients: the accounts, with a detail or without, and `postmaster`, bare or at a hosted domain, which reaches the first account with the
 *   role `admin` unless an account of that name is there (RFC 5321 4.5.1). Hosted are the domains of the accounts and
 *   `hostname`. Nothing is taken for other domains, from anyone.
 * - Messages: kept once for each account, byte for byte as they came, after a header of Return-Path and Received
 *   (RFC 5321 4.4). What is known of the session (EHLO name, client address, login, TLS) is kept beside them, too. An
 *   account that has no room left gets none.
 *
 * `authenticate` rejects with QueueFullError when too many logins wait, which is a temporary failure. Clients take turns, by
 * address, and whoever has gone gives the place up.
 */
export function mailboxBackend(options: MailboxOptions): MailboxBackend {
  const { store, accounts, hostname, recipientDelimiter: delimiter = "+" } = options;
  return {
    authenticate: authenticateBy(accounts),
    authenticateCertificate: authenticateCertificateBy(accounts),

    sender({ identity, sender }): Answer {
      if (!identity || sender === "" || identity.roles.includes("admin")) return undefined;
      const owner = accountFor(accounts(), { address: sender, hostname, delimiter }) ?? sender;
      return isSameAddress(owner, identity.username) ? undefined : REPLIES.notOwner;
    },

    recipient({ identity }, { address }): Answer {
      const directory = accounts();
      if (accountFor(directory, { address, hostname, delimiter })) return undefined;
      const { local, domain } = canonicalAddress(address);
      const hosted = isHosted(directory, { domain, hostname });
      if (local === "postmaster" && (hosted || domain === "")) return REPLIES.noPostmaster;
      if (hosted || domain === "") return REPLIES.unknownUser;
      return identity ? REPLIES.noQueue : REPLIES.relayDenied;
    },

    async message({ envelope, body }: IncomingMessage): Promise<DeliveryAnswer> {
      const directory = accounts();
      const recipients = envelope.recipients.map(({ address }): DeliveryRecipient => {
        // An account that was removed after RCPT had been accepted still gets this message.
        const account = accountFor(directory, { address, hostname, delimiter }) ?? canonicalAddress(address).text;
        return { account, address };
      });
      try {
        const header = (id: string) => traceHeader(envelope, { hostname, id, date: new Date() });
        const { sender } = envelope;
        const { overQuota } = await store.deliver({ sender, recipients, body, header, ...traceOf(envelope) });
        if (overQuota.length === 0) return undefined;
        return recipients.map(({ account }) => (overQuota.includes(account) ? REPLIES.overQuota : undefined));
      } catch (error) {
        return unlessBroken(toStoreError(error));
      }
    },
  };
}

/** Answers log-ins by a directory of accounts. */
export function authenticateBy(accounts: () => Accounts): (attempt: LoginAttempt) => Promise<Identity | null> {
  return async ({ username, password, connection, signal }) => {
    const place = { line: addressKey(connection.peer.address), signal };
    const account = await accounts().authenticate(username, password, place);
    return account && { username: account.address, roles: account.roles };
  };
}

/**
 * Answers log-ins by certificate: it is for the accounts whose addresses it names (`rfc822Name`). Where it names several, the
 * client says which it wants to act as.
 */
export function authenticateCertificateBy(accounts: () => Accounts) {
  return ({ certificate, authorization }: CertificateAttempt): Identity | null => {
    const named = certificate.emailAddresses.flatMap((address) => accounts().find(address) ?? []);
    const wanted = authorization === "" ? named : named.filter(({ address }) => isSameAddress(address, authorization));
    const [account] = wanted;
    if (!account || wanted.some(({ address }) => address !== account.address)) return null;
    return { username: account.address, roles: account.roles };
  };
}

interface Addressed {
  readonly address: string;
  readonly hostname: string;
  readonly delimiter: string | null;
}

/** The account that mail for an address goes to, if there is one: that of its whole name before that without the detail. */
function accountFor(directory: Accounts, { address, hostname, delimiter }: Addressed): string | undefined {
  const whole = accountNamed(directory, { address, hostname });
  if (whole !== undefined || delimiter === null) return whole;
  const base = withoutDetail(address, delimiter);
  return base === null ? undefined : accountNamed(directory, { address: base, hostname });
}

function accountNamed(directory: Accounts, { address, hostname }: { address: string; hostname: string }) {
  const account = directory.find(address);
  if (account) return account.address;
  const { local, domain } = canonicalAddress(address);
  if (local !== "postmaster") return undefined;
  return domain === "" || isHosted(directory, { domain, hostname }) ? directory.administrator?.address : undefined;
}

function isHosted({ domains }: Accounts, { domain, hostname }: { domain: string; hostname: string }): boolean {
  return domains.has(domain) || domain === canonicalDomain(hostname);
}

function traceOf({ connection, helo, identity }: Envelope) {
  return {
    helo,
    receivedFrom: connection.peer.address,
    authenticatedAs: identity?.username ?? null,
    tls: connection.tls && `${connection.tls.version} ${connection.tls.cipherSuite}`,
  };
}

/** A client that went away is no failure of this server, and nobody hears the reply. @throws StoreError for the log */
function unlessBroken(error: StoreError): Reply {
  if (error.code === "body-incomplete") return REPLIES.failed;
  throw error.code === "store-full" ? Object.assign(error, { reply: REPLIES.full }) : error;
}
