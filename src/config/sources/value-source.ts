import { catchError, map, type Observable, of } from "rxjs";
import { parseDocument } from "../document/document.ts";
import type { Configuration } from "../document/effective.ts";
import { type ConfigurationSource, parsed, rejected } from "./source.ts";

/**
 * An embedder's documents, each as text or as the value that it stands for. An Observable that fails is rejected and over.
 * @param read reads a value; `parseDocument` by default.
 */
export function valueSource(
  values: Observable<unknown>,
  read: (value: unknown) => Configuration = (value) => parseDocument(value),
): ConfigurationSource {
  return values.pipe(
    map((value) => parsed(() => read(value))),
    catchError((error: unknown) => of(rejected(error))),
  );
}
