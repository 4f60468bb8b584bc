import type { SieveExtension } from "../extensions.ts";
import { actions } from "./actions.ts";
import { control } from "./control.ts";
import type { Signature } from "./signature.ts";
import { tests } from "./tests.ts";

export type { Signature, TagRule, ValueRule, ValueType } from "./signature.ts";

/** The forms of each command and test, by name in lower case. */
const vocabulary: ReadonlyMap<string, readonly Signature[]> = new Map(
  [...control, ...actions, ...tests].map(([name, ...forms]) => [name, forms]),
);

/**
 * Everything that a name may be.
 * @returns the form of that kind whose extensions the script has, else the first of that kind, else one of the other kind.
 */
export function signatureOf(
  name: string,
  kind: Signature["kind"],
  has: (extension: SieveExtension) => boolean,
): Signature | undefined {
  const forms = vocabulary.get(name) ?? [];
  const ofKind = forms.filter((form) => form.kind === kind);
  return ofKind.find((form) => extensionsOf(form).every(has)) ?? ofKind[0] ?? forms[0];
}

export function extensionsOf({ extension = [] }: Signature): readonly SieveExtension[] {
  return typeof extension === "string" ? [extension] : extension;
}
