/**
 * Where a browser may come from. A page elsewhere can have a browser send requests here, and a name of another's can be
 * made to lead here (DNS rebinding): `Host` tells what name was asked for, `Origin` whose page asks.
 */
import type { ConnectionFacts } from "../../protocols/protocol.ts";
import { granted, type Judged, refused } from "./refusal.ts";

export interface Surroundings {
  readonly defaultHostname: string;
  /** Of the listener, as bound. */
  readonly addresses: readonly string[];
  readonly facts: ConnectionFacts;
}

/** `Host` must be the server's name, `localhost`, or an address that the listener is reached by. */
export function judgeHost(host: string | undefined, surroundings: Surroundings): Judged<null> {
  const name = hostOf(host ?? "");
  const { defaultHostname, addresses, facts } = surroundings;
  const known = ["localhost", defaultHostname.toLowerCase(), bare(facts.local.address), ...addresses.map(bare)];
  if (name !== null && (known.includes(name) || isLoopback(name))) return granted(null);
  const detail = `This server is asked by the name ${defaultHostname} (SystemSettings.defaultHostname), by localhost, or by an address of its listener.`;
  return refused(421, detail);
}

/** Of a page that is not this server's own nothing is taken; requests of programs have no `Origin`. */
export function judgeOrigin(headers: {
  origin: string | undefined;
  host: string | undefined;
  site: string | undefined;
}): Judged<null> {
  const { origin, host, site } = headers;
  const foreign = refused(403, "The request comes from a page of another origin.");
  if (origin !== undefined && hostWithPort(origin) !== host?.toLowerCase()) return foreign;
  return origin === undefined && (site === "cross-site" || site === "same-site") ? foreign : granted(null);
}

export function isLoopback(address: string): boolean {
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address) || address === "::1";
}

/** Without port and brackets, in the one form; null for what is no host. */
function hostOf(host: string): string | null {
  const url = `http://${host}/`;
  return /^[\w.:[\]-]+$/.test(host) && URL.canParse(url) ? bare(new URL(url).hostname) : null;
}

/** `null` (RFC 6454 section 7.1) and what is no URL have none. */
function hostWithPort(origin: string): string | null {
  return /^https?:\/\//i.test(origin) && URL.canParse(origin) ? new URL(origin).host : null;
}

function bare(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "")
    .toLowerCase();
}
