/** One object: its form, what a save of it would do, and the save. */
import { html, nothing, type TemplateResult } from "lit-html";
import { Draft } from "../forms/draft.ts";
import { fieldOf } from "../forms/field.ts";
import { errorSummary, objectForm } from "../forms/form.ts";
import { type FormContext, idOf } from "../forms/form-context.ts";
import { freshObject } from "../forms/object-field.ts";
import type { Page, Surroundings } from "../page.ts";
import { placeOf } from "../parts/navigation.ts";
import { pageHead } from "../parts/page-head.ts";
import { planDialog } from "../parts/plan-dialog.ts";
import { hashOf } from "../routes.ts";
import { messageOf, WireError } from "../wire/jmap.ts";
import { type Choice, choicesOf, getObject, labelOf, stateOfAll, type Value } from "../wire/objects.ts";
import { isEditable, objectOf } from "../wire/schema.ts";
import { type Change, type Outcome, set } from "../wire/set.ts";
import type { FieldError } from "../wire/set-error.ts";

/** A save under way. */
interface Proposal {
  readonly change: Change;
  readonly plan: unknown;
}

export class ObjectFormPage implements Page {
  readonly #around: Surroundings;
  readonly #view: string;
  readonly #objectName: string;
  /** Null: it is new. */
  readonly #id: string | null;
  #draft: Draft | null = null;
  #state: string | null = null;
  #errors: readonly FieldError[] = [];
  #problem: string | null = null;
  #proposal: Proposal | null = null;
  #busy = false;
  #gone = false;
  readonly #choices = new Map<string, readonly Choice[] | null>();

  constructor(around: Surroundings, view: string, id: string | null) {
    this.#around = around;
    this.#view = view;
    this.#objectName = objectOf(around.schema, view);
    this.#id = id;
  }

  get title(): string {
    const { schema } = this.#around;
    const { singularName = this.#view, labelProperty } = schema.lists[this.#objectName] ?? {};
    if (this.#id === null) return `New ${singularName.toLowerCase()}`;
    if (this.#isSingleton) return placeOf(schema, this.#view).at(-1) ?? singularName;
    const value = this.#draft?.original as Value | undefined;
    return value ? labelOf(value, labelProperty) : this.#id;
  }

  get hasUnsaved(): boolean {
    return this.#draft?.isChanged === true;
  }

  get #isSingleton(): boolean {
    return this.#around.schema.objects[this.#objectName]?.type === "singleton";
  }

  get #isReadOnly(): boolean {
    return this.#around.isReadOnly || !isEditable(this.#around.schema, this.#objectName);
  }

  start(): void {
    void this.#load();
  }

  stop(): void {
    this.#gone = true;
  }

  async #load(): Promise<void> {
    try {
      if (this.#id === null) {
        this.#draft = new Draft(freshObject(this.#around.schema, this.#objectName, null));
        this.#state = await stateOfAll(this.#objectName);
      } else {
        const found = await getObject(this.#objectName, this.#id);
        this.#draft = found ? new Draft(found.value) : null;
        this.#state = found?.state ?? null;
        this.#problem = found ? null : "It is not there any more.";
      }
    } catch (error) {
      this.#failed(error);
    }
    this.#changed();
  }

  view(): TemplateResult {
    const { schema } = this.#around;
    const place = placeOf(schema, this.#view);
    const subtitle = this.#isSingleton ? schema.objects[this.#objectName]?.description : undefined;
    const actions =
      this.#id !== null && !this.#isSingleton && this.#draft && !this.#isReadOnly
        ? html`<button class="danger" @click=${() => void this.#propose({ kind: "destroy", id: this.#id ?? "" })}>
            Delete
          </button>`
        : nothing;
    return html`${pageHead({ place: this.#isSingleton ? place.slice(0, -1) : place, title: this.title, subtitle, actions })}
      ${this.#problem ? html`<p class="error" role="alert">${this.#problem}</p>` : nothing} ${this.#form()}
      ${
        this.#proposal
          ? planDialog({
              ...this.#proposal,
              busy: this.#busy,
              apply: () => void this.#apply(),
              cancel: () => {
                this.#proposal = null;
                this.#changed();
              },
            })
          : nothing
      }`;
  }

  #form(): TemplateResult | typeof nothing {
    const draft = this.#draft;
    if (!draft) return this.#problem ? nothing : html`<p role="status" class="none">Loading…</p>`;
    const context = this.#context(draft);
    const count = this.#id === null ? 0 : Object.keys(draft.patch()).length;
    return html`<form
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault();
        void this.#review(draft);
      }}
    >
      ${errorSummary(context)} ${objectForm(context, this.#objectName)}
      <div class="bar">
        <p>${count === 0 ? nothing : count === 1 ? "1 change" : `${count} changes`}</p>
        <a class="button quiet" href=${hashOf({ page: "list", view: this.#view })} @click=${(event: Event) => this.#discard(event)}
          >${draft.isChanged ? "Discard" : "Back"}</a
        >
        ${
          this.#isReadOnly
            ? nothing
            : html`<button class="primary" ?disabled=${this.#busy || (this.#id !== null && !draft.isChanged)}>
          ${this.#busy ? "Asking…" : "Review and save"}
        </button>`
        }
      </div>
    </form>`;
  }

  #context(draft: Draft): FormContext {
    return {
      schema: this.#around.schema,
      draft,
      errors: this.#errors,
      choices: (objectName) => this.#choicesOf(objectName),
      isNew: this.#id === null,
      readOnly: this.#isReadOnly,
      draw: fieldOf,
      changed: () => this.#changed(),
    };
  }

  /** A singleton has no list to go back to: it is read again. */
  #discard(event: Event): void {
    this.#draft = this.#draft && new Draft(this.#draft.original);
    this.#errors = [];
    if (this.#isSingleton) event.preventDefault();
    this.#changed();
  }

  async #review(draft: Draft): Promise<void> {
    const [unread] = draft.problems.keys();
    if (unread !== undefined) {
      document.getElementById(idOf(unread.split("/")))?.focus();
      return;
    }
    const change: Change =
      this.#id === null
        ? { kind: "create", value: draft.creation() }
        : { kind: "update", id: this.#id, patch: draft.patch() };
    await this.#propose(change);
  }

  async #propose(change: Change): Promise<void> {
    const outcome = await this.#ask(change, true);
    if (outcome?.kind === "done") this.#proposal = { change, plan: outcome.plan };
    this.#changed();
  }

  async #apply(): Promise<void> {
    const proposal = this.#proposal;
    if (!proposal) return;
    const outcome = await this.#ask(proposal.change, false);
    this.#proposal = null;
    if (outcome?.kind === "done") this.#done(proposal.change);
    this.#changed();
  }

  #done({ kind }: Change): void {
    this.#draft = this.#draft && new Draft(this.#draft.value);
    this.#around.announce(kind === "destroy" ? "Deleted." : "Saved, and in force.");
    if (this.#isSingleton) void this.#load();
    else this.#around.go(hashOf({ page: "list", view: this.#view }));
  }

  /** Null when no answer came, or one that is about no object: the problem says so. */
  async #ask(change: Change, dryRun: boolean): Promise<Outcome | null> {
    this.#busy = true;
    this.#errors = [];
    this.#problem = null;
    this.#changed();
    try {
      const outcome = await set(this.#objectName, change, { dryRun, ifInState: this.#state });
      if (outcome.kind === "refused") {
        this.#errors = outcome.errors;
        requestAnimationFrame(() => document.getElementById("errors")?.focus());
      }
      return outcome;
    } catch (error) {
      this.#failed(error);
      return null;
    } finally {
      this.#busy = false;
    }
  }

  #failed(error: unknown): void {
    if (error instanceof WireError && error.problem === "unauthorized") this.#around.loggedOut();
    else this.#problem = messageOf(error);
  }

  #choicesOf(objectName: string): readonly Choice[] | null {
    const known = this.#choices.get(objectName);
    if (known !== undefined) return known;
    this.#choices.set(objectName, null);
    choicesOf(this.#around.schema, objectName).then(
      (choices) => {
        this.#choices.set(objectName, choices);
        this.#changed();
      },
      // What is chosen is shown by its id.
      () => this.#choices.set(objectName, []),
    );
    return null;
  }

  #changed(): void {
    if (!this.#gone) this.#around.changed();
  }
}
