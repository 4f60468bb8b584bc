/** Requests that ask for another protocol on their connection (RFC 9110 section 7.8), such as WebSocket (RFC 6455). */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { isPending } from "../session/question.ts";
import type { HttpRequestFacts, RequestFacts } from "./request-facts.ts";

/** What the client speaks the other protocol on. */
export interface UpgradedStream {
  readonly socket: Duplex;
  /** What it has sent behind its request already. */
  readonly head: Buffer;
}

/** Takes the connection over, or refuses by writing a whole response and ending the socket. */
export type UpgradeHandler = (request: IncomingMessage, stream: UpgradedStream, facts: RequestFacts) => unknown;

/** One that has come. */
export interface Upgrade {
  readonly facts: HttpRequestFacts;
  /** @param head with what was read behind the request */
  handOver(head: Buffer): unknown;
}

/**
 * Whether the request can be handed over. HTTP/2 without TLS (`h2c`) was given up by RFC 9113, and curl asks for it in
 * passing. A body would have to be read first. A server may answer as if the field were not there.
 */
export function mayUpgrade({ headers }: IncomingMessage): boolean {
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;
  return !hasBody && !/(?:^|[\s,])h2c?(?:[\s,]|$)/i.test(headers.upgrade ?? "");
}

/** Calls the handler. @param failed gets what it throws, and what its promise rejects with. */
export function handOver(upgrade: Upgrade, head: Buffer, failed: (error: unknown) => void): void {
  try {
    const done = upgrade.handOver(head);
    if (isPending(done)) Promise.resolve(done).catch(failed);
  } catch (error) {
    failed(error);
  }
}
