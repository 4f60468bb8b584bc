import { catchError, concatMap, from, type Observable, of } from "rxjs";
import { documentReader, type ReadDocument } from "../document/document-reader.ts";
import type { Configuration } from "../document/effective.ts";
import { type ConfigurationSource, type DocumentRead, documentRead, isDocumentRead, rejected } from "./source.ts";

/**
 * An embedder's documents, in order, each as text, as the value of such a text, or already parsed. Emissions of other
 * sources may be among them. An Observable that fails is rejected and ends.
 * @param read reads a document; by default with Gatehouse's own protocols alone.
 */
export function valueSource(values: Observable<unknown>, read: ReadDocument = documentReader()): ConfigurationSource {
  return values.pipe(
    concatMap((value) => (isDocumentRead(value) ? of(value) : readBy(() => read(value)))),
    catchError((error: unknown) => of(rejected(error))),
  );
}

/** Emits synchronously if the document is read synchronously. */
function readBy(read: () => Configuration | Promise<Configuration>): Observable<DocumentRead> {
  try {
    const configuration = read();
    if (configuration instanceof Promise) return from(documentRead(() => configuration));
    return of({ kind: "document", configuration });
  } catch (error) {
    return of(rejected(error));
  }
}
