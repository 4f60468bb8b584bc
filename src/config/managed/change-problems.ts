import { findNodeAtLocation, getNodeValue, type Node, parseTree } from "jsonc-parser";
import type { ConfigurationError } from "../document/configuration-error.ts";
import { readPath } from "../document/path.ts";
import type { ChangedWithIds } from "./change-aside.ts";
import { SECTION_NAMES } from "./document-objects.ts";
import { type ChangeProblem, type DocumentChange, SINGLETON } from "./managed-document-contract.ts";

/** The mistakes of a changed document, each with the change to blame. */
export function problemsOf(
  error: ConfigurationError,
  { changes, changed }: { readonly changes: readonly DocumentChange[]; readonly changed: ChangedWithIds },
): ChangeProblem[] {
  let root: Node | undefined;
  const treeOf = (): Node | undefined => {
    root ??= parseTree(changed.text.replace(/^\uFEFF/, " "), [], { allowTrailingComma: true });
    return root;
  };
  return error.issues.map((issue): ChangeProblem => {
    const given = readPath(issue.path);
    const [first, second, ...rest] = typeof given[0] === "number" ? ["NetworkListener", ...given] : given;
    const section = SECTION_NAMES.find((name) => name === first) ?? null;
    const isSettings = section === "SystemSettings";
    const key = isSettings ? SINGLETON : second;
    const id =
      section === null || key === undefined ? null : typeof key === "number" ? changed.objects[section][key] : key;
    const index = changes.findLastIndex((change, at) => change.section === section && changed.ids[at] === id);
    const path = membersNamed(given, treeOf).slice(
      given.length - rest.length - (isSettings && second !== undefined ? 1 : 0),
    );
    const { message, found } = issue;
    const text = found === undefined ? message : `${message}; found ${found}`;
    return { change: index < 0 ? null : index, section, id: id ?? null, reason: "invalid", path, message: text, issue };
  });
}

/** An element of a set that is written as an array goes by its text, as in a patch. */
function membersNamed(path: readonly (string | number)[], treeOf: () => Node | undefined): (string | number)[] {
  const last = path.at(-1);
  if (typeof last !== "number") return [...path];
  const tree = treeOf();
  const node = tree && findNodeAtLocation(tree, [...path]);
  const element: unknown = node && getNodeValue(node);
  return [...path.slice(0, -1), typeof element === "string" ? element : last];
}
