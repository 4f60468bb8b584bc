/**
 * Where a browser may come from. A page elsewhere can have a browser send requests here, and a name of another's can be
 * made to lead here (DNS rebinding): the host says which name was asked for, `Origin` whose page asks.
 */
import type { Gatehouse } from "../../gatehouse-contract.ts";
import type { Asked } from "./asked.ts";
import { isLoopback } from "./loopback.ts";
import { granted, type Judged, refused } from "./refusal.ts";

/** The host must be the server's name, `localhost`, or an address by which the listener is reached. */
export function judgeHost(
  { host, facts }: Pick<Asked, "host" | "facts">,
  gatehouse: Pick<Gatehouse, "listeners" | "configuration">,
): Judged<null> {
  const name = hostOf(host ?? "");
  const { defaultHostname } = gatehouse.configuration.system;
  const bound = gatehouse.listeners().filter((listener) => listener.name === facts.listener);
  const addresses = bound.flatMap((listener) => listener.addresses.map(({ address }) => address));
  const known = ["localhost", defaultHostname.toLowerCase(), ...[facts.local.address, ...addresses].map(bare)];
  if (name !== null && (known.includes(name) || isLoopback(name))) return granted(null);
  const detail = `Ask this server by the name ${defaultHostname} (SystemSettings.defaultHostname), by localhost, or by an address of its listener.`;
  return refused(421, detail);
}

/** Of a page that is not this server's own nothing is taken; requests of programs have no `Origin`. */
export function judgeOrigin({ field, host, facts }: Pick<Asked, "field" | "host" | "facts">): Judged<null> {
  const [origin, site] = [field("origin"), field("sec-fetch-site")];
  const foreign = refused(403, "The request comes from a page of another origin.");
  if (origin === undefined) return site === "cross-site" || site === "same-site" ? foreign : granted(null);
  // In clear a proxy may stand before this server that browsers speak TLS with.
  const schemes = facts.tls === null ? ["http", "https"] : ["https"];
  const own = schemes.some((scheme) => originOf(`${scheme}://${host}`) === originOf(origin));
  return own && originOf(origin) !== null ? granted(null) : foreign;
}

/** Without port and brackets, in the one form; null for what is no host. */
function hostOf(host: string): string | null {
  const url = `http://${host}/`;
  return /^[\w.:[\]-]+$/.test(host) && URL.canParse(url) ? bare(new URL(url).hostname) : null;
}

/** Scheme, host and port in the one form. `null` (RFC 6454 section 7.1) and what is no URL have none. */
function originOf(text: string): string | null {
  return /^https?:\/\/[\w.:[\]-]+$/i.test(text) && URL.canParse(text) ? new URL(text).origin : null;
}

function bare(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "")
    .toLowerCase();
}
