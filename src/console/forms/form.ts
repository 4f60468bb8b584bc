/** The form of an object, in the sections that the schema gives it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { fieldsNameOf, formOf } from "../wire/schema.ts";
import { fieldOf } from "./field.ts";
import { type FormContext, idOf, slotOf } from "./form-context.ts";

export function objectForm(context: FormContext, objectName: string): TemplateResult | typeof nothing {
  const { schema, draft } = context;
  const fieldsName = fieldsNameOf(schema, objectName, draft.value);
  if (fieldsName === null) return nothing;
  const { properties = {} } = schema.fields[fieldsName] ?? {};
  const sections = formOf(schema, fieldsName).sections.map(({ title, fields }) => {
    const drawn = fields.flatMap(({ name, label, placeholder = "" }) => {
      const field = properties[name];
      if (!field) return [];
      // What the server sets is not there before it has.
      if (field.update === "serverSet" && context.isNew) return [];
      return [fieldOf(context, slotOf(context, field, { path: [name], label, placeholder }))];
    });
    if (drawn.length === 0) return nothing;
    return html`<fieldset class="card">
      ${title ? html`<legend>${title}</legend>` : nothing}
      <div class="fields">${drawn}</div>
    </fieldset>`;
  });
  return html`${sections}`;
}

/** What cannot be saved as it is, first thing on the page: each with the way to its field. */
export function errorSummary(context: FormContext): TemplateResult | typeof nothing {
  const { errors, draft } = context;
  const problems = [...draft.problems].map(([pointer, message]) => ({ pointer, message }));
  const all = [...errors, ...problems];
  if (errors.length === 0) return nothing;
  return html`<div class="summary" role="alert" tabindex="-1" id="errors">
    <h2>${all.length === 1 ? "This could not be saved" : `${all.length} things could not be saved`}</h2>
    <ul>
      ${all.map(({ pointer, message }) => {
        const id = controlFor(pointer);
        return html`<li>
          ${
            pointer === ""
              ? message
              : html`<button type="button" class="link" @click=${() => document.getElementById(id)?.focus()}>
                    ${labelFor(context, pointer)}</button
                  >: ${message}`
          }
        </li>`;
      })}
    </ul>
  </div>`;
}

/** The field itself for what is said of a member. */
function controlFor(pointer: string): string {
  const [name = ""] = pointer.split("/", 1);
  return document.getElementById(`field:${pointer}`) ? `field:${pointer}` : idOf([name]);
}

function labelFor({ schema }: FormContext, pointer: string): string {
  const [name = ""] = pointer.split("/", 1);
  for (const { sections } of Object.values(schema.forms))
    for (const { fields } of sections) for (const field of fields) if (field.name === name) return field.label;
  return name;
}
