/** What cannot have come from another machine. */
import type { BindAddress } from "../../config/index.ts";
import type { Gatehouse } from "../../gatehouse-contract.ts";
import { isUnix } from "../../protocols/endpoint.ts";
import type { Asked } from "./asked.ts";

export function isLoopback(address: string): boolean {
  return isUnix(address) || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address) || address === "::1";
}

/** Whether an address was asked that is bound for this machine alone; with a PROXY header, whether all of the listener are. */
export function isBoundHere({ facts }: Pick<Asked, "facts">, { configuration }: Gatehouse): boolean {
  const { local, proxy } = facts;
  // By the document: a listener that drains has no sockets any more.
  const bind = configuration.listeners.find(({ name }) => name === facts.listener)?.bind ?? [];
  if (bind.length > 0 && bind.every(isForThisMachine)) return true;
  if (proxy !== null) return false;
  return (
    isUnix(local.address) ||
    bind.some(({ host, port }) => isLoopback(host) && host === local.address && (port === 0 || port === local.port))
  );
}

function isForThisMachine({ family, host }: BindAddress): boolean {
  return family === "unix" || isLoopback(host);
}

/** Whether a program of this machine asks: none that a proxy stands for, as far as that says so. */
export function isFromHere({ facts, field }: Pick<Asked, "facts" | "field">): boolean {
  return isLoopback(facts.clientAddress) && forwardingFields.every((name) => field(name) === undefined);
}

/** What reverse proxies add (RFC 7239, RFC 9110 section 7.6.3). */
const forwardingFields: readonly string[] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
