/** Sets: a row for each text, a box for each of the values that there are. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { groupedField, labelledField } from "./field-frame.ts";
import { type FormContext, idOf, messagesAt, messagesWithin, type Slot } from "./form-context.ts";
import { isObject, type Path } from "./patch.ts";
import { addButton, removeButton } from "./row-buttons.ts";

export function setField(context: FormContext, slot: Slot): TemplateResult {
  const { class: memberClass } = slot.type;
  if (memberClass?.type === "enum") {
    const entries = context.schema.enums[memberClass.enumName ?? ""] ?? [];
    return boxes(
      context,
      slot,
      entries.map(({ name, label }) => ({ id: name, label })),
    );
  }
  if (memberClass?.type === "objectId")
    return boxes(context, slot, context.choices(memberClass.objectName ?? "") ?? []);
  return rows(context, slot);
}

function membersOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  return isObject(value) ? Object.keys(value).filter((member) => value[member] === true) : [];
}

function boxes(
  context: FormContext,
  slot: Slot,
  options: readonly { readonly id: string; readonly label: string }[],
): TemplateResult {
  const { draft } = context;
  const members = new Set(membersOf(draft.at(slot.path)));
  const known = new Set(options.map(({ id }) => id));
  const all = [...options, ...[...members].filter((id) => !known.has(id)).map((id) => ({ id, label: id }))];
  const list = html`<ul class="boxes">
    ${all.map(
      ({ id, label }) =>
        html`<li>
          <label>
            <input
              type="checkbox"
              ?disabled=${slot.readOnly}
              .checked=${live(members.has(id))}
              @change=${(event: Event) => {
                const { checked } = event.target as HTMLInputElement;
                const now = checked ? [...members, id] : [...members].filter((member) => member !== id);
                draft.put(slot.path, Object.fromEntries(now.map((member) => [member, true])));
                context.changed();
              }}
            />${label}
          </label>
        </li>`,
    )}
  </ul>`;
  const shown = all.length <= mostBoxesInSight ? list : folded(members.size, list);
  return groupedField(slot, messagesWithin(context, slot.path), shown);
}

const mostBoxesInSight = 8;

function folded(count: number, list: TemplateResult): TemplateResult {
  return html`<details class="folded"><summary>${count === 0 ? "None" : `${count} chosen`}</summary>${list}</details>`;
}

function rows(context: FormContext, slot: Slot): TemplateResult {
  const { draft } = context;
  const { path } = slot;
  const members = membersOf(draft.at(path));
  const typed = draft.rows(path, members);
  const texts = typed.length > 0 ? typed : [""];
  const put = (now: readonly string[]) => {
    draft.setRows(path, now);
    const filled = now.map((text) => text.trim()).filter((text) => text !== "");
    draft.put(path, Object.fromEntries(filled.map((text) => [text, true])));
    context.changed();
  };
  return labelledField(
    context,
    slot,
    html`<ul class="rows">
        ${texts.map((text, index) => row(context, slot, { text, index, texts, put }))}
      </ul>
      ${addButton(slot, () => {
        put([...texts, ""]);
        focusRow(path, texts.length);
      })}`,
  );
}

interface Row {
  readonly text: string;
  readonly index: number;
  readonly texts: readonly string[];
  put(texts: readonly string[]): void;
}

function row(context: FormContext, slot: Slot, { text, index, texts, put }: Row): TemplateResult {
  const { path, label, readOnly, placeholder } = slot;
  const id = rowId(path, index);
  const messages = messagesAt(context, [...path, text.trim()]);
  const withText = (written: string) => texts.with(index, written);
  return html`<li>
    <div class="row">
      <input
        id=${id}
        type="text"
        class="verbatim"
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
        placeholder=${placeholder === "" ? nothing : placeholder}
        aria-label=${index === 0 ? nothing : `${label}, ${index + 1} of ${texts.length}`}
        aria-invalid=${messages.length > 0 || messagesAt(context, path).length > 0 ? "true" : nothing}
        aria-describedby=${messages.length > 0 ? `${id}:error` : `${idOf(path)}:description`}
        ?readonly=${readOnly}
        .value=${live(text)}
        @input=${(event: Event) => put(withText((event.target as HTMLInputElement).value))}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key === "Enter" && !event.ctrlKey && !readOnly) {
            event.preventDefault();
            put(texts.toSpliced(index + 1, 0, ""));
            focusRow(path, index + 1);
          } else if (event.key === "Backspace" && text === "" && texts.length > 1) {
            event.preventDefault();
            put(texts.toSpliced(index, 1));
            focusRow(path, Math.max(0, index - 1));
          }
        }}
        @paste=${(event: ClipboardEvent) => {
          const pasted = (event.clipboardData?.getData("text") ?? "").split(/[\s,]+/).filter((part) => part !== "");
          if (pasted.length < 2 || readOnly) return;
          event.preventDefault();
          put(texts.toSpliced(index, text === "" ? 1 : 0, ...pasted));
        }}
      />
      ${
        texts.length === 1 && text === ""
          ? nothing
          : removeButton(slot, text === "" ? "the empty row" : text, () => {
              put(texts.toSpliced(index, 1));
              focusRow(path, Math.max(0, index - 1));
            })
      }
    </div>
    ${messages.length > 0 ? html`<p class="error" id="${id}:error">${messages.join(" ")}</p>` : nothing}
  </li>`;
}

/** The field's own label names the first. */
function rowId(path: Path, index: number): string {
  return index === 0 ? idOf(path) : `${idOf(path)}:${index}`;
}

/** Once the row is there. */
function focusRow(path: Path, index: number): void {
  requestAnimationFrame(() => document.getElementById(rowId(path, index))?.focus());
}
