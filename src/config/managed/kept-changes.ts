/** Changes that cannot be written to the document itself: they are kept in the data folder, and merged into it when it is read. */
import { type ReadLimits, readFileIfThere, replaceFile } from "../../files/index.ts";
import { ConfigurationError } from "../document/configuration-error.ts";
import { isObject } from "../document/partial-parse.ts";
import { unreadableFile } from "../document/read.ts";
import { SECTION_NAMES } from "./document-objects.ts";
import type { DocumentChange } from "./managed-document-contract.ts";
import { patched } from "./patch.ts";

const LIMITS: ReadLimits = { maxSize: 16 * 1024 * 1024 };

/** @throws ConfigurationError when it cannot be read, or does not hold changes. */
export async function readKept(file: string): Promise<DocumentChange[]> {
  const found = await readFileIfThere(file, LIMITS).catch((error: unknown) => {
    throw unreadableFile(file, error);
  });
  if (!found) return [];
  const kept = parsed(found.bytes.toString());
  if (Array.isArray(kept) && kept.every(isChange)) return kept;
  const message = "holds no changes of a document; mend it, or move it away to go on without them";
  throw new ConfigurationError([{ path: "", message }], { file });
}

/** Only the server's own user can read it: changes hold secrets. @throws FileError */
export async function writeKept(file: string, changes: readonly DocumentChange[]): Promise<void> {
  await replaceFile(file, `${JSON.stringify(changes, null, 2)}\n`, { mode: 0o600 });
}

/** The changes and one more: what a later one makes void is left out. */
export function withChange(kept: readonly DocumentChange[], change: DocumentChange): DocumentChange[] {
  const isSame = ({ section, id }: DocumentChange): boolean => section === change.section && id === change.id;
  const others = kept.filter((other) => !isSame(other));
  if (change.kind !== "update") return [...others, change];
  const own = kept.filter(isSame);
  const last = own.at(-1);
  if (last?.kind === "create") {
    const outcome = patched(last.value, change.patch);
    if ("value" in outcome) return [...others, ...own.slice(0, -1), { ...last, value: outcome.value }];
  }
  if (last?.kind === "update" && !overlap(last.patch, change.patch))
    return [...others, ...own.slice(0, -1), { ...last, patch: { ...last.patch, ...change.patch } }];
  return [...others, ...own, change];
}

function overlap(one: object, other: object): boolean {
  const [paths, others] = [Object.keys(one), Object.keys(other)];
  const isBelow = (path: string, above: string): boolean => path.startsWith(`${above}/`);
  return paths.some((path) => others.some((another) => isBelow(path, another) || isBelow(another, path)));
}

function isChange(value: unknown): value is DocumentChange {
  if (!isObject(value) || !SECTION_NAMES.some((name) => name === value["section"])) return false;
  if (typeof value["id"] !== "string") return false;
  if (value["kind"] === "destroy") return true;
  return isObject(value[value["kind"] === "create" ? "value" : "patch"]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
