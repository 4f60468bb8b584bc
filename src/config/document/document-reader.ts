import { type ParseOptions, parseDocument } from "./document.ts";
import { type Configuration, isConfiguration } from "./effective.ts";
import { isLarge, parseAside } from "./parse-aside.ts";

/**
 * Reads a document given as text, as the value of such a text, or as a parsed configuration; synchronously or not.
 * @throws ConfigurationError
 */
export type ReadDocument = (document: unknown) => Configuration | Promise<Configuration>;

/**
 * Reads documents one after the other, so that an older one that takes longer cannot overtake a newer one. A large
 * one is read in a thread, anything else synchronously.
 */
export function documentReader(options: ParseOptions = {}): ReadDocument {
  let last: Promise<void> | null = null;
  return (document) => {
    const parse = () => (isConfiguration(document) ? document : parseDocument(document, options));
    const large = !isConfiguration(document) && isLarge(document);
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
  // Its caller gets the error.
}
