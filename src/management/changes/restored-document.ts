/** Back to an earlier document: what has to change so that the one in force amounts to the same. */
import type { Configuration, DocumentChange, DocumentSnapshot } from "../../config/index.ts";
import type { Json } from "../jmap/json.ts";
import { documentDifference, type ObjectDifference } from "../objects/document-difference.ts";
import { singletonId } from "../objects/managed-object.ts";

/** Removals come first: what is added may take their place. */
export function restoringChanges(current: DocumentSnapshot, target: Configuration): readonly DocumentChange[] {
  const ids = idsByKey(current);
  const difference = documentDifference(current.configuration, target);
  const of = (kind: ObjectDifference["kind"]) => difference.filter((one) => one.kind === kind);
  const idOf = ({ section, key }: ObjectDifference) => ids[section].get(key) ?? key;
  return [
    ...of("destroyed").map((one) => ({ kind: "destroy", section: one.section, id: idOf(one) }) as const),
    ...of("updated").map(
      (one) => ({ kind: "update", section: one.section, id: idOf(one), patch: valuesOf(one) }) as const,
    ),
    ...of("created").map((one) => created(one)),
  ];
}

function created(one: ObjectDifference): DocumentChange {
  const { section, key } = one;
  const { id: _, ...value } = valuesOf(one);
  const isMap = section === "Account" || section === "Certificate";
  return { kind: "create", section, ...(isMap ? { id: key } : {}), value };
}

function valuesOf({ fields }: ObjectDifference): Record<string, Json> {
  return Object.fromEntries(fields.map(({ field, to }) => [field, to]));
}

type IdsByKey = Readonly<Record<ObjectDifference["section"], ReadonlyMap<string, string>>>;

/** Ids of a document are its own; names and addresses tell objects of any document apart. */
function idsByKey({ ids, configuration }: DocumentSnapshot): IdsByKey {
  const { listeners, certificates, accounts, blocked, allowed } = configuration;
  const paired = (keys: readonly string[], own: readonly string[]) =>
    new Map(keys.map((key, index) => [key, own[index] ?? key]));
  const addresses = (entries: readonly { readonly address: string }[]) => entries.map(({ address }) => address);
  return {
    SystemSettings: new Map([[singletonId, singletonId]]),
    NetworkListener: paired(
      listeners.map(({ name }) => name),
      ids.NetworkListener,
    ),
    Certificate: paired(
      certificates.map(({ id }) => id),
      ids.Certificate,
    ),
    Account: paired(addresses(accounts), ids.Account),
    BlockedIp: paired(addresses(blocked), ids.BlockedIp),
    AllowedIp: paired(addresses(allowed), ids.AllowedIp),
  };
}
