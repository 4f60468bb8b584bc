import { isIPv6 } from "../../config/addresses/ip-address.ts";
import type { Envelope } from "../../protocols/backend.ts";

/**
 * What a server puts before a message at final delivery (RFC 5321 4.4): Return-Path, and the Received line of this hop.
 * Who logged in is not said, and of several recipients none is named: the others need not know.
 */
export function traceHeader(
  envelope: Envelope,
  { hostname, id, date }: { readonly hostname: string; readonly id: string; readonly date: Date },
): string {
  const { connection, sender, recipients } = envelope;
  const { address: peer } = connection.peer;
  const [recipient, ...others] = recipients;
  const clauses = [
    `from ${named(envelope.helo, envelope.smtpUtf8)} ([${isIPv6(peer) ? "IPv6:" : ""}${peer}])`,
    `by ${hostname} with ${withProtocol(envelope)} id ${id}`,
    ...(connection.tls ? [`(${connection.tls.version} ${connection.tls.cipherSuite})`] : []),
    ...(recipient && others.length === 0 ? [`for ${address(recipient.address)}`] : []),
  ];
  const time = date.toUTCString().replace("GMT", "+0000");
  return `Return-Path: ${address(sender)}\r\nReceived: ${clauses.join("\r\n\t")};\r\n\t${time}\r\n`;
}

/** RFC 3848 and, for SMTPUTF8, RFC 6531 4.3. */
function withProtocol({ protocol, smtpUtf8, connection, identity }: Envelope): string {
  if (protocol === "SMTP") return "SMTP";
  const base = smtpUtf8 ? protocol.replace("ESMTP", "SMTP").replace(/^/, "UTF8") : protocol;
  return `${base}${connection.tls ? "S" : ""}${identity ? "A" : ""}`;
}

/** What a client calls itself stays in its place, whatever it is: nothing in it is syntax of the field (RFC 5321 4.4). */
function named(helo: string, smtpUtf8: boolean): string {
  const name = helo.slice(0, 255).replace(/[\p{C}\p{Z}()<>\\";@]/gu, "?");
  return smtpUtf8 ? name : name.replace(/[^\x00-\x7f]/g, "?");
}

/** An address is in its brackets as it is; a session has taken it by its grammar, so that it ends no line. */
function address(text: string): string {
  return `<${text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "?")}>`;
}
