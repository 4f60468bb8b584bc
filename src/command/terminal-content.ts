/** A message for a terminal: characters that it would act on are named instead. */
import { Transform } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { printableLines } from "../config/values/printable.ts";

/** Line ends become those of a terminal; octets that are not UTF-8 become U+FFFD. */
export function terminalContent(): Transform {
  const decoder = new StringDecoder("utf8");
  let held = "";
  const shown = (text: string): string => printableLines(text.replaceAll("\r\n", "\n").replaceAll("\t", "        "));
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const text = held + decoder.write(chunk);
      // The LF may be in the next chunk.
      held = text.endsWith("\r") ? "\r" : "";
      done(null, shown(text.slice(0, text.length - held.length)));
    },
    flush(done) {
      done(null, shown(held + decoder.end()));
    },
  });
}
