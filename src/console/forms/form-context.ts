/** What every field of a form is drawn with. */
import type { TemplateResult } from "lit-html";
import type { Choice } from "../wire/objects.ts";
import type { Field, FieldType, Schema } from "../wire/schema.ts";
import type { FieldError } from "../wire/set-error.ts";
import type { Draft } from "./draft.ts";
import { type Path, pointerOf } from "./patch.ts";

export interface FormContext {
  readonly schema: Schema;
  readonly draft: Draft;
  readonly errors: readonly FieldError[];
  /** Objects that may be referred to; null while they are on their way. */
  choices(objectName: string): readonly Choice[] | null;
  readonly isNew: boolean;
  /** The account may not change it. */
  readonly readOnly: boolean;
  /** Any field, for those that hold others. */
  draw(context: FormContext, slot: Slot): TemplateResult;
  /** Draws the form again. */
  changed(): void;
}

/** One field, or one member of a field. */
export interface Slot {
  readonly path: Path;
  readonly label: string;
  readonly description: string;
  readonly type: FieldType;
  readonly placeholder: string;
  readonly readOnly: boolean;
}

export function slotOf(context: FormContext, field: Field, named: Pick<Slot, "path" | "label" | "placeholder">): Slot {
  const update = field.update ?? "mutable";
  const readOnly = context.readOnly || update === "serverSet" || (update === "immutable" && !context.isNew);
  return { ...named, description: field.description ?? "", type: field.type, readOnly };
}

/** The id of the control in the page. */
export function idOf(path: Path): string {
  return `field:${pointerOf(path)}`;
}

/** The words that stand at a field: what it cannot read, and what the server said of it or of something within. */
export function messagesAt(context: FormContext, path: Path): string[] {
  const pointer = pointerOf(path);
  const problem = context.draft.problems.get(pointer);
  const serverMessages = context.errors.filter((error) => error.pointer === pointer).map(({ message }) => message);
  return [...new Set([...(problem === undefined ? [] : [problem]), ...serverMessages])];
}

/** The same, for a field that draws its members itself. */
export function messagesWithin(context: FormContext, path: Path): string[] {
  const pointer = pointerOf(path);
  const within = context.errors.filter((error) => error.pointer.startsWith(`${pointer}/`));
  return [...new Set([...messagesAt(context, path), ...within.map(({ message }) => message)])];
}

/** Whether a field within this one has anything said at it. */
export function isWrongWithin({ draft, errors }: FormContext, path: Path): boolean {
  const beginning = `${pointerOf(path)}/`;
  const pointers = [...draft.problems.keys(), ...errors.map(({ pointer }) => pointer)];
  return pointers.some((pointer) => pointer.startsWith(beginning));
}
