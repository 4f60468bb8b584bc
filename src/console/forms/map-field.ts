/** Maps: a row for each key, with its value beside it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { groupedField } from "./field-frame.ts";
import { type FormContext, idOf, messagesWithin, type Slot } from "./form-context.ts";
import { isObject } from "./patch.ts";
import { addButton, removeButton } from "./row-buttons.ts";
import { scalarControl } from "./scalar-field.ts";

export function mapField(context: FormContext, slot: Slot): TemplateResult {
  const { draft } = context;
  const { path, label, type, readOnly } = slot;
  const value = draft.at(path);
  const keys = draft.rows(path, isObject(value) ? Object.keys(value) : []);
  const valueType = type.valueClass ?? { type: "string" };
  const rename = (index: number, key: string) => {
    const current = draft.at(path);
    const members = isObject(current) ? current : {};
    const before = keys[index] ?? "";
    const now = keys.with(index, key);
    draft.setRows(path, now);
    const moved = now.filter((name) => name !== "").map((name) => [name, members[name === key ? before : name] ?? ""]);
    draft.put(path, Object.fromEntries(moved));
    context.changed();
  };
  const setKeys = (now: readonly string[]) => {
    const current = draft.at(path);
    const members = isObject(current) ? current : {};
    draft.setRows(path, now);
    draft.put(path, Object.fromEntries(now.filter((name) => name !== "").map((name) => [name, members[name]])));
    context.changed();
  };
  const list = keys.map(
    (key, index) =>
      html`<li class="row">
        <input
          id="${idOf(path)}:${index}"
          type="text"
          class="verbatim"
          aria-label="${label}, key ${index + 1}"
          ?readonly=${readOnly}
          .value=${live(key)}
          @change=${(event: Event) => rename(index, (event.target as HTMLInputElement).value.trim())}
        />
        ${
          key === ""
            ? nothing
            : isObject(draft.at([...path, key]))
              ? html`<code>${JSON.stringify(draft.at([...path, key]))}</code>`
              : scalarControl(
                  context,
                  { ...slot, path: [...path, key], type: valueType, description: "", placeholder: "" },
                  `${label}, value of ${key}`,
                )
        }
        ${removeButton(slot, key, () => setKeys(keys.toSpliced(index, 1)))}
      </li>`,
  );
  return groupedField(
    slot,
    messagesWithin(context, path),
    html`<ul class="rows">${list}</ul>
      ${addButton(slot, () => setKeys([...keys, ""]))}`,
  );
}
