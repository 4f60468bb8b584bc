import type { ParseFault } from "./parse-fault.ts";
import type { CommandError } from "./read-result.ts";

/** Replies to commands that cannot be read. */
export const complaints = {
  of: (fault: ParseFault, tag: string | null): CommandError => ({
    type: "error",
    tag,
    status: fault.status,
    code: fault.responseCode,
    text: fault.message,
    ends: null,
  }),
  malformedLine: (tag: string | null) => bad("A line may hold neither NUL nor a bare carriage return", tag),
  bareLineFeed: (tag: string | null) => bad("Lines have to end with CRLF", tag),
  lineTooLong: (tag: string | null) => bad("The line is too long", tag),
  afterMessage: (tag: string | null) => bad("APPEND takes one message, and nothing after it", tag),
  /** RFC 4469 section 4.2 has the code. */
  literalTooLarge: (tag: string | null): CommandError => ({ ...bad("The literal is too large", tag), code: "TOOBIG" }),
  notHttp: bad("This port speaks IMAP, not HTTP", null),
  tooMuchToSkip: bad("The message is too large to be skipped", null),
};

function bad(text: string, tag: string | null): CommandError {
  return { type: "error", tag, status: "BAD", code: null, text, ends: null };
}
