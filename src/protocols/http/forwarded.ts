/** Whom a request comes from, as the proxies in between say: X-Forwarded-For, or Forwarded (RFC 7239). */
import type { IncomingHttpHeaders } from "node:http";
import { readIpAddress } from "../../config/addresses/ip-address.ts";
import type { Forwarding } from "../protocol.ts";
import { trimWhiteSpace } from "../white-space.ts";

/** A client that a proxy has named; null where it does not tell, or tells what is no address. */
type Hop = string | null;

/**
 * The address of the client. Each proxy adds the address that it was asked by at the end of the field, so the field is
 * read from its end, and for as long as whoever wrote the entry is trusted. What stands before may come from anybody.
 * @param peer who is at the other end of the connection
 */
export function clientAddress(peer: string, headers: IncomingHttpHeaders, forwarding: Forwarding): string {
  let client = peer;
  if (!forwarding.trusts(client)) return client;
  const hops = hopsIn(headers, forwarding.field);
  for (let at = hops.length - 1; at >= 0 && forwarding.trusts(client); at--) {
    const hop = hops[at] ?? null;
    if (hop === null) break;
    client = hop;
  }
  return client;
}

function hopsIn(headers: IncomingHttpHeaders, field: Forwarding["field"]): readonly Hop[] {
  const value = headers[field === "forwarded" ? "forwarded" : "x-forwarded-for"];
  const text = typeof value === "string" ? value : (value ?? []).join(",");
  if (text === "") return [];
  return field === "forwarded" ? forwardedHops(text) : text.split(",").map((entry) => addressIn(trimWhiteSpace(entry)));
}

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`. */
function addressIn(node: string): Hop {
  const bare = /^\[([^\]]*)\](?::\w+)?$/.exec(node)?.[1] ?? /^([\d.]+):\w+$/.exec(node)?.[1] ?? node;
  return readIpAddress(bare)?.address ?? null;
}

/** A parameter of an element (RFC 7239 section 4), with the white space that lists allow around it (RFC 9110 section 5.6.1). */
const PARAMETER = /[ \t]*([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~-]+)|"((?:[^"\\]|\\.)*)")[ \t]*/y;
/** An element, or a parameter, that is left empty. */
const NOTHING = /[ \t]*/y;

/** One for each element; none at all where the field cannot be read, since then nobody knows where an element ends. */
function forwardedHops(text: string): readonly Hop[] {
  const hops: Hop[] = [];
  let hop: Hop = null;
  let empty = true;
  for (let at = 0; at <= text.length; at++) {
    PARAMETER.lastIndex = at;
    const [all, name, token, quoted] = PARAMETER.exec(text) ?? [];
    if (all === undefined) {
      NOTHING.lastIndex = at;
      at += NOTHING.exec(text)?.[0].length ?? 0;
    } else {
      at += all.length;
      empty = false;
      if (name?.toLowerCase() === "for") hop = addressIn(token ?? (quoted ?? "").replace(/\\(.)/g, "$1"));
    }
    const next = text[at];
    if (next === ";") continue;
    if (next !== undefined && next !== ",") return [];
    if (!empty) hops.push(hop);
    hop = null;
    empty = true;
  }
  return hops;
}
