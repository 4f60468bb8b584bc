/** The fields of a header that mail programs ask for all the time, kept apart from the message that has them. */
import { isWhiteSpace, trimWhiteSpaceEnd } from "../../protocols/white-space.ts";

/**
 * In lower case: what the programs in use show in lists, thread by, sort by and answer to. Trace, signatures and reports of
 * filters are most of a header, and nobody asks for them in a list.
 */
export const COMMON_FIELDS: ReadonlySet<string> = new Set([
  ...["date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc"],
  ...["message-id", "in-reply-to", "references", "newsgroups", "return-path", "delivered-to"],
  ...["resent-date", "resent-from", "resent-to", "resent-message-id"],
  ...["mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-class"],
  ...["priority", "x-priority", "importance", "x-msmail-priority", "precedence", "auto-submitted"],
  ...["disposition-notification-to", "return-receipt-to", "x-confirm-reading-to", "followup-to", "mail-followup-to"],
  ...["list-id", "list-post", "list-unsubscribe", "list-unsubscribe-post", "x-mailer", "user-agent", "organization"],
  ...["x-spam-flag", "x-spam-status", "x-spam-level", "x-uniform-type-identifier", "x-universally-unique-identifier"],
]);

/** Octets of common fields; where there are more, they stay with the message alone. */
const LONGEST = 32_768;

/**
 * A header's common fields in their order, with folds and line ends as they stand: whoever looks for one of them in a
 * header finds the same here. Null where that is not certain, because a line is no field, or where they are long.
 */
export function commonFieldsOf(header: Uint8Array): Buffer | null {
  const octets = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  const text = octets.toString("latin1");
  const kept: Buffer[] = [];
  let size = 0;
  for (let start = 0; start < text.length; ) {
    if (isLastLine(text, start)) break;
    const firstLineEnd = lineEnd(text, start);
    const colon = text.indexOf(":", start);
    if (colon < 0 || colon >= firstLineEnd || isFold(text, start)) return null;
    let end = firstLineEnd;
    while (isFold(text, end)) end = lineEnd(text, end);
    if (COMMON_FIELDS.has(trimWhiteSpaceEnd(text.slice(start, colon)).toLowerCase())) {
      kept.push(octets.subarray(start, end));
      size += end - start;
      if (size > LONGEST) return null;
    }
    start = end;
  }
  // Memory of its own: a thread that passes on a piece of a pool passes on all of it.
  const fields = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const piece of kept) at += piece.copy(fields, at);
  return fields;
}

/** The empty one that ends a header. */
function isLastLine(text: string, at: number): boolean {
  const left = text.length - at;
  return (left === 2 && text.endsWith("\r\n")) || (left === 1 && text.endsWith("\n"));
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at + 1;
}

function isFold(text: string, at: number): boolean {
  return isWhiteSpace(text.charCodeAt(at));
}
