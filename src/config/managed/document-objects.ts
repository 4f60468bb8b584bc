/** The objects of a document's text, by section and id. */
import type { Node } from "jsonc-parser";
import { membersOf } from "./json-edits.ts";
import { type SectionName, SINGLETON } from "./managed-document-contract.ts";

export const SECTION_NAMES: readonly SectionName[] = [
  "SystemSettings",
  "Certificate",
  "Account",
  "BlockedIp",
  "AllowedIp",
  "NetworkListener",
];

export interface DocumentObject {
  /** Of the object itself. */
  readonly node: Node;
  /** What goes when the object goes: its element, or its property. */
  readonly member: Node;
}

export interface SectionObjects {
  readonly form: "absent" | "singleton" | "map" | "array";
  /** Null where it is absent. */
  readonly node: Node | null;
  /** By id, in the order of the document. */
  readonly objects: ReadonlyMap<string, DocumentObject>;
}

/** The field that names an object where its section is an array, and it has no `id`. */
const NATURAL_KEY: Readonly<Partial<Record<SectionName, string>>> = {
  NetworkListener: "name",
  BlockedIp: "address",
  AllowedIp: "address",
};

export function objectsIn(root: Node, section: SectionName): SectionObjects {
  const node = sectionNode(root, section);
  if (!node) return { form: "absent", node: null, objects: new Map() };
  if (section === "SystemSettings")
    return { form: "singleton", node, objects: new Map([[SINGLETON, { node, member: node.parent ?? node }]]) };
  if (node.type === "object") {
    const objects = new Map<string, DocumentObject>();
    for (const [key, { property, value }] of membersOf(node)) objects.set(key, { node: value, member: property });
    return { form: "map", node, objects };
  }
  const objects = new Map<string, DocumentObject>();
  for (const element of node.children ?? [])
    objects.set(unusedId(idOf(section, element), objects), { node: element, member: element });
  return { form: "array", node, objects };
}

/** The id that an object of an array has without saying so. */
export function naturalId(section: SectionName, value: Readonly<Record<string, unknown>>): string | null {
  const key = NATURAL_KEY[section];
  const natural = key === undefined ? undefined : value[key];
  return typeof natural === "string" ? natural : null;
}

/** An id that none of the others has. */
export function unusedId(wanted: string, taken: { has(id: string): boolean }): string {
  let id = wanted;
  for (let number = 2; taken.has(id); number += 1) id = `${wanted}-${number}`;
  return id;
}

function idOf(section: SectionName, element: Node): string {
  const members = element.type === "object" ? membersOf(element) : new Map();
  const given: unknown = members.get("id")?.value.value;
  if (typeof given === "string") return given;
  const natural: unknown = members.get(NATURAL_KEY[section] ?? "")?.value.value;
  return typeof natural === "string" ? natural : section;
}

function sectionNode(root: Node, section: SectionName): Node | null {
  if (root.type === "array") return section === "NetworkListener" ? root : null;
  return membersOf(root).get(section)?.value ?? null;
}
