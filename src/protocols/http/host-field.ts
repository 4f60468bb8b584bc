/** The field `Host` (RFC 9112 section 3.2, RFC 9110 section 7.2). */
import type { IncomingMessage } from "node:http";

/** `uri-host [ ":" port ]` (RFC 3986 section 3.2.2), which may be empty. */
const HOST =
  /^(?:\[(?:[0-9a-f:.]+|v[0-9a-f]+\.[\w.~!$&'()*+,;=:-]+)\]|(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})*)(?::\d*)?$/i;

/** Whether this is a host, with or without a port. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/** What is wrong with the field; null for nothing. */
export function hostProblem({ rawHeaders, httpVersionMajor, httpVersionMinor }: IncomingMessage): string | null {
  let value: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== "host") continue;
    if (value !== undefined) return "There is more than one Host field.";
    value = rawHeaders[index + 1];
  }
  if (value !== undefined) return isHost(value) ? null : "The Host field is not a host and a port.";
  return httpVersionMajor === 1 && httpVersionMinor === 0 ? null : "There is no Host field.";
}
