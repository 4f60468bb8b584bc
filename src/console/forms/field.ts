/** One field, by its type. */
import { html, type TemplateResult } from "lit-html";
import { labelledField } from "./field-frame.ts";
import { type FormContext, idOf, type Slot } from "./form-context.ts";
import { mapField } from "./map-field.ts";
import { objectField } from "./object-field.ts";
import { objectListField } from "./object-list-field.ts";
import { scalarField } from "./scalar-field.ts";
import { setField } from "./set-field.ts";

export function fieldOf(context: FormContext, slot: Slot): TemplateResult {
  switch (slot.type.type) {
    case "set":
      return setField(context, slot);
    case "map":
      return mapField(context, slot);
    case "object":
      return objectField(context, slot);
    case "objectList":
      return objectListField(context, slot);
    case "string":
    case "number":
    case "boolean":
    case "enum":
    case "objectId":
    case "utcDateTime":
      return scalarField(context, slot);
    default:
      return unknownField(context, slot);
  }
}

/** A type that this console does not know is shown, and left alone. */
function unknownField(context: FormContext, slot: Slot): TemplateResult {
  const text = JSON.stringify(context.draft.at(slot.path) ?? null);
  return labelledField(context, slot, html`<input id=${idOf(slot.path)} class="verbatim" readonly .value=${text} />`);
}
