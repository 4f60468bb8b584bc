/** Lists of objects: one below the other, each with its own fields. */
import { html, type TemplateResult } from "lit-html";
import { groupedField } from "./field-frame.ts";
import { type FormContext, messagesAt, type Slot } from "./form-context.ts";
import { freshObject, objectField } from "./object-field.ts";
import { isObject } from "./patch.ts";
import { addButton, removeButton } from "./row-buttons.ts";

export function objectListField(context: FormContext, slot: Slot): TemplateResult {
  const { draft, schema } = context;
  const { path, label, type } = slot;
  const value = draft.at(path);
  const keys = Array.isArray(value)
    ? value.map((_, index) => String(index))
    : isObject(value)
      ? Object.keys(value)
      : [];
  const objectName = type.objectName ?? "";
  const choice = schema.schemas[objectName];
  const kind = choice?.type === "multiple" ? (choice.variants[0]?.name ?? null) : null;
  const next = Math.max(-1, ...keys.map(Number).filter(Number.isInteger)) + 1;
  const items = keys.map(
    (key, index) =>
      html`<li class="item">
        ${objectField(context, {
          ...slot,
          path: [...path, key],
          label: `${label}, ${index + 1}`,
          description: "",
          type: { type: "object", objectName },
        })}
        ${removeButton(slot, index + 1, () => {
          draft.forget(path);
          draft.put([...path, key], undefined);
          context.changed();
        })}
      </li>`,
  );
  const add = addButton(slot, () => {
    draft.put([...path, String(next)], freshObject(schema, objectName, kind));
    context.changed();
  });
  return groupedField(
    slot,
    messagesAt(context, path),
    html`<ul class="items">${items}</ul>
      ${add}`,
  );
}
