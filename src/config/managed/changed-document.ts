/** Carries changes out on a document's text. */
import { getNodeValue, type Node } from "jsonc-parser";
import {
  type DocumentObject,
  naturalId,
  objectsIn,
  SECTION_NAMES,
  type SectionObjects,
  unusedId,
} from "./document-objects.ts";
import { type Addition, JsonEdits } from "./json-edits.ts";
import type { ChangeProblem, DocumentChange, SectionName } from "./managed-document-contract.ts";
import { patched } from "./patch.ts";

/** The ids of a document's objects, in its order. */
export type DocumentIds = Readonly<Record<SectionName, readonly string[]>>;

export interface ChangedDocument {
  /** As before where there are problems. */
  readonly text: string;
  /** Of each change, the id of its object. */
  readonly ids: readonly string[];
  readonly problems: readonly ChangeProblem[];
}

type Value = Readonly<Record<string, unknown>>;

/**
 * @param text of a document without mistakes
 * @param mode `kept`: the changes have been in force before, and the document may have changed since. What is there already
 * becomes as it was created, what is gone stays away.
 */
export function changedDocument(
  text: string,
  changes: readonly DocumentChange[],
  mode: "new" | "kept" = "new",
): ChangedDocument {
  const edits = new JsonEdits(text);
  const sections = new Map(SECTION_NAMES.map((name) => [name, new ChangedSection(name, objectsIn(edits.root, name))]));
  const ids: string[] = [];
  const problems: ChangeProblem[] = [];
  for (const [index, change] of changes.entries()) {
    const { section } = change;
    const outcome = sections.get(section)?.apply(change, mode);
    ids.push(outcome?.id ?? change.id ?? "");
    if (outcome?.problem) problems.push({ change: index, section, id: outcome.id, issue: null, ...outcome.problem });
  }
  if (problems.length > 0 && mode === "new") return { text, ids, problems };
  const absent: Addition[] = [];
  for (const section of sections.values()) {
    const addition = section.edit(edits);
    if (addition) absent.push(addition);
  }
  if (edits.root.type === "object") edits.members(edits.root, new Set(), absent);
  else if (absent.length > 0) edits.wrap("NetworkListener", absent);
  return { text: edits.result(), ids, problems };
}

/** @param text of a document without mistakes */
export function idsIn(text: string): DocumentIds {
  const { root } = new JsonEdits(text);
  const ids = SECTION_NAMES.map((name) => [name, [...objectsIn(root, name).objects.keys()]] as const);
  return { ...(Object.fromEntries(ids) as DocumentIds), SystemSettings: ["singleton"] };
}

interface Outcome {
  readonly id: string;
  readonly problem: Pick<ChangeProblem, "reason" | "path" | "message"> | null;
}

class ChangedSection {
  readonly #name: SectionName;
  readonly #before: SectionObjects;
  /** What has become of an object; null when it is gone. */
  readonly #after = new Map<string, Value | null>();

  constructor(name: SectionName, before: SectionObjects) {
    this.#name = name;
    this.#before = before;
  }

  apply(change: DocumentChange, mode: "new" | "kept"): Outcome {
    switch (change.kind) {
      case "create":
        return this.#create(change, mode);
      case "update":
        return this.#update(change, mode);
      case "destroy":
        return this.#destroy(change, mode);
    }
  }

  /** @returns the section, where the document has none yet. */
  edit(edits: JsonEdits): Addition | null {
    if (this.#after.size === 0) return null;
    const { form, node, objects } = this.#before;
    if (node === null) return this.#asAddition();
    const removed = new Set<Node>();
    const added: Addition[] = [];
    for (const [id, value] of this.#after) {
      const object = objects.get(id);
      if (value === null) {
        if (object) removed.add(object.member);
      } else if (object) edits.become(object.node, form === "array" ? this.#identified(id, value, object) : value);
      else
        added.push({
          key: form === "array" ? null : id,
          value: form === "array" ? this.#identified(id, value) : value,
        });
    }
    if (form !== "singleton") edits.members(node, removed, added);
    return null;
  }

  #create({ id: given, value }: Extract<DocumentChange, { kind: "create" }>, mode: "new" | "kept"): Outcome {
    const wanted = given ?? naturalId(this.#name, value);
    const taken = { has: (id: string) => this.#value(id) !== null };
    const id = given ?? unusedId(this.#asKey(wanted) ?? this.#name.toLowerCase(), taken);
    if (this.#name === "SystemSettings") return refused(id, "singleton", "is there already, and only once");
    if (taken.has(id) && mode === "new") return refused(id, "exists", "is there already");
    // Null stands for the default.
    this.#after.set(id, Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null)));
    return { id, problem: null };
  }

  #update({ id, patch }: Extract<DocumentChange, { kind: "update" }>, mode: "new" | "kept"): Outcome {
    const value = this.#value(id) ?? (this.#name === "SystemSettings" && id === "singleton" ? {} : null);
    if (value === null) return mode === "kept" ? { id, problem: null } : refused(id, "not-found", "is not there");
    const outcome = patched(value, patch);
    if ("message" in outcome) return { id, problem: { reason: "invalid-patch", ...outcome } };
    this.#after.set(id, outcome.value);
    return { id, problem: null };
  }

  #destroy({ id }: Extract<DocumentChange, { kind: "destroy" }>, mode: "new" | "kept"): Outcome {
    if (this.#name === "SystemSettings") return refused(id, "singleton", "cannot be taken away");
    if (this.#value(id) === null)
      return mode === "kept" ? { id, problem: null } : refused(id, "not-found", "is not there");
    this.#after.set(id, null);
    return { id, problem: null };
  }

  #value(id: string): Value | null {
    const after = this.#after.get(id);
    if (after !== undefined) return after;
    const object = this.#before.objects.get(id);
    return object ? (getNodeValue(object.node) as Value) : null;
  }

  /** Keys of maps have fewer characters than addresses. */
  #asKey(natural: string | null): string | null {
    if (natural === null || this.#name === "Account") return natural;
    return this.#before.form === "map" ? natural.replaceAll(/[^\w.-]+/g, "-").slice(0, 60) : natural;
  }

  /** An object of an array says its id where that is not known by its other fields. */
  #identified(id: string, value: Value, object?: DocumentObject): Value {
    if (value["id"] !== undefined) return value;
    if (object ? naturalId(this.#name, value) === naturalId(this.#name, getNodeValue(object.node)) : false)
      return value;
    return naturalId(this.#name, value) === id ? value : { id, ...value };
  }

  #asAddition(): Addition | null {
    const entries = [...this.#after].filter((entry): entry is [string, Value] => entry[1] !== null);
    if (entries.length === 0) return null;
    const key = this.#name;
    if (key === "SystemSettings") return { key, value: entries[0]?.[1] };
    const isMap = key === "Certificate" || key === "Account";
    return {
      key,
      value: isMap ? Object.fromEntries(entries) : entries.map(([id, value]) => this.#identified(id, value)),
    };
  }
}

function refused(id: string, reason: ChangeProblem["reason"], message: string): Outcome {
  return { id, problem: { reason, path: [], message } };
}
