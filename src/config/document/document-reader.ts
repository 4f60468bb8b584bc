import { type ParseOptions, parseDocument } from "./document.ts";
import { type Configuration, isConfiguration } from "./effective.ts";
import { isLarge, parseAside } from "./parse-aside.ts";

/**
 * Reads what stands for a document: a text, the value of one, or a configuration that has been parsed already. At once, or in a
 * while.
 * @throws ConfigurationError
 */
export type ReadDocument = (document: unknown) => Configuration | Promise<Configuration>;

/**
 * Reads documents one after the other, so that an older one, which takes longer, does not come behind a newer one. A large
 * text is read in a thread, anything else at once.
 */
export function documentReader(options: ParseOptions = {}): ReadDocument {
  let last: Promise<void> | null = null;
  return (document) => {
    const parse = () => (isConfiguration(document) ? document : parseDocument(document, options));
    const large = typeof document === "string" && isLarge(document);
    if (last === null && !large) return parse();
    const read = (last ?? Promise.resolve()).then(() => (large ? parseAside(document, options) : parse()));
    const done: Promise<void> = read.then(ignore, ignore).then(() => {
      if (last === done) last = null;
    });
    last = done;
    return read;
  };
}

function ignore(): void {
  // Whoever asked for it is told.
}
