/** A Gatehouse that takes mail in the three TLS modes, and what its store holds afterwards. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, expect, onTestFinished } from "vitest";
import {
  AccountDirectory,
  type Backend,
  type ConfigurationInput,
  type Envelope,
  mailboxBackend,
  openStore,
  type SmtpOptions,
  smtp,
} from "../../src/index.ts";
import type { Store, StoredMessage } from "../../src/mailbox/index.ts";
import { fromNowOn, lastingGatehouse, type RunningGatehouse } from "../running-gatehouse.ts";

export const tlsModes = ["clear", "STARTTLS", "implicit"] as const;
export type TlsMode = (typeof tlsModes)[number];

/** An ordinary account of the server, which clients log in to. */
export const ann = { address: "ann@example.com", password: "wonderland & more" } as const;
/** Another one, whose mail nobody logs in for. */
export const bob = { address: "bob@example.com", password: "unused" } as const;

export interface ReceivedMessage extends StoredMessage {
  /** Return-Path and Received, as the server wrote them. */
  readonly trace: string;
  /** As the client sent it. */
  readonly content: Buffer;
  /** Of `content`. */
  readonly size: number;
}

export interface MailServer extends RunningGatehouse {
  /** The port for a TLS mode; clear and STARTTLS share one. */
  portFor(mode: TlsMode): number;
  /** The certificate in PEM, for clients to trust; valid for `localhost` and `127.0.0.1`. */
  readonly certificateFile: string;
  /** Of all messages that came with their backend watched, see `watched`. */
  readonly envelopes: readonly Envelope[];
  /** What the store on disk holds, read beside the running server. */
  received(): Promise<ReceivedMessage[]>;
}

export interface MailServerOptions {
  /** Besides Ann and Bob. */
  readonly addresses?: readonly string[];
  /** Options of an `smtp()` that stands in for the built-in one, over the same accounts and a store in the same folder. */
  readonly smtp?: Omit<SmtpOptions, "backend">;
}

export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const server = await lastingMailServer(options);
  onTestFinished(server.end);
  return server;
}

interface LastingMailServer extends MailServer {
  end(): Promise<void>;
}

async function lastingMailServer(options: MailServerOptions): Promise<LastingMailServer> {
  const data = await mkdtemp(join(tmpdir(), "gatehouse-mail-"));
  const secrets = new Map<string, string>([
    [ann.address, ann.password],
    [bob.address, bob.password],
    ...(options.addresses ?? []).map((address): [string, string] => [address, "unused"]),
  ]);
  const replaced = options.smtp && (await watchedMailbox(data, secrets));
  const running = await lastingGatehouse(documentWith(secrets), {
    dataDirectory: data,
    ...(replaced && { protocols: [smtp({ ...options.smtp, backend: replaced.backend })] }),
  });
  return {
    ...running,
    data,
    certificateFile: join(data, "self-signed.crt"),
    envelopes: replaced?.envelopes ?? [],
    portFor: (mode) => running.port(mode === "implicit" ? "submissions" : "smtp"),
    received: () => receivedIn(data),
    end: async () => {
      await running.end();
      await replaced?.store.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

/**
 * One server for the tests of a file, which calls this at its top. Each test asks for it, and sees nothing of what was
 * before. Not for failed log-ins: they delay the next ones.
 */
export function sharedMailServer(): () => Promise<MailServer> {
  let shared: { readonly server: LastingMailServer; readonly store: Store } | null = null;
  afterAll(async () => {
    await shared?.store.close();
    await shared?.server.end();
    shared = null;
  });
  return async () => {
    if (!shared) {
      const server = await lastingMailServer({});
      shared = { server, store: await openStore(server.data, { readOnly: true }) };
    }
    const { server, store } = shared;
    const before = (await Array.fromAsync(store.messages())).length;
    return { ...fromNowOn(server), received: () => receivedBy(store, before) };
  };
}

function documentWith(secrets: ReadonlyMap<string, string>): ConfigurationInput & object {
  return {
    SystemSettings: { defaultHostname: "localhost" },
    Account: Object.fromEntries(
      [...secrets].map(([address, secret]) => [address, { secret: { "@type": "Text", secret } }]),
    ),
    NetworkListener: [
      { name: "smtp", bind: ["127.0.0.1:0"] },
      { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true },
    ],
  };
}

/** The default backend over a store of the fixture's own, which notes the envelope of each message. */
async function watchedMailbox(data: string, secrets: ReadonlyMap<string, string>) {
  const store = await openStore(data);
  const accounts = new AccountDirectory([...secrets].map(([address, secret]) => ({ address, secret, roles: [] })));
  const mailbox = mailboxBackend({ store, accounts: () => accounts, hostname: "localhost" });
  const envelopes: Envelope[] = [];
  const backend: Backend = {
    ...mailbox,
    message: (message) => {
      envelopes.push(message.envelope);
      return mailbox.message(message);
    },
  };
  return { backend, envelopes, store };
}

/** All messages of a data folder in the order of arrival, with their bytes. */
export async function receivedIn(data: string): Promise<ReceivedMessage[]> {
  const store = await openStore(data, { readOnly: true });
  try {
    return await receivedBy(store);
  } finally {
    await store.close();
  }
}

/** @param before how many are left out that came first */
async function receivedBy(store: Store, before = 0): Promise<ReceivedMessage[]> {
  const contents = new Map<string, Buffer>();
  const received: ReceivedMessage[] = [];
  for (const message of (await Array.fromAsync(store.messages())).slice(before)) {
    const kept = contents.get(message.id) ?? (await buffer(await store.content(message.id)));
    contents.set(message.id, kept);
    const [trace = ""] = /^Return-Path: .*\r\nReceived: (.*\r\n\t)*.*\r\n/.exec(kept.toString("latin1", 0, 4096)) ?? [];
    expect(message.size).toBe(kept.length);
    const content = kept.subarray(trace.length);
    received.push({ ...message, trace, content, size: content.length });
  }
  return received;
}
