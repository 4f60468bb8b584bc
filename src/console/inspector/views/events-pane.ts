/** All events in order, with the state that each led to. */
import { html, type TemplateResult } from "lit-html";
import { VirtualList } from "../../parts/virtual-list.ts";
import type { Entry } from "../model/watched-actor.ts";
import { isChecked, type PaneContext, typed } from "./pane.ts";
import { timeText } from "./times.ts";

export class EventsPane {
  readonly #context: PaneContext;
  readonly #list: VirtualList;
  #entries: readonly Entry[] = [];

  constructor(context: PaneContext) {
    this.#context = context;
    this.#list = new VirtualList({ rowHeight: 30, changed: () => context.changed() });
  }

  view(): TemplateResult {
    const { focus, changed, collection } = this.#context;
    this.#entries = focus.entries();
    const all = collection.entries().length;
    const count = this.#entries.length === all ? `${all}` : `${this.#entries.length} of ${all}`;
    return html`<div class="pane-head">
        <h2>Events <span class="digits none">${count}</span></h2>
        <input
          type="search"
          aria-label="Search events by type, actor or state"
          placeholder="Search"
          @input=${(event: Event) => {
            focus.eventSearch = typed(event);
            changed();
          }}
        />
        <label
          ><input
            type="checkbox"
            .checked=${focus.onlyThisActor}
            @change=${(event: Event) => {
              focus.onlyThisActor = isChecked(event);
              changed();
            }}
          />Only the chosen actor</label
        >
      </div>
      ${this.#list.view({
        role: "listbox",
        label: "Events, oldest first",
        count: this.#entries.length,
        picked: this.#picked(),
        row: (index, id) => this.#row(index, id),
        pick: (index) => this.#goTo(this.#entries[index]),
      })}`;
  }

  /** Called when it has been drawn. */
  drawn(): void {
    this.#list.followEnd(this.#context.focus.moment === null);
  }

  /** Scrolls to the moment that is looked at. */
  reveal(): void {
    this.#list.reveal(this.#picked());
  }

  #picked(): number {
    const { moment } = this.#context.focus;
    if (moment === null) return -1;
    return this.#entries.findIndex(({ sequence }) => sequence === moment);
  }

  #row(index: number, id: string): TemplateResult {
    const { [index]: entry } = this.#entries;
    if (!entry) return html``;
    const { moment } = this.#context.focus;
    const { sequence, at, actor, event, snapshot, sender } = entry;
    const isPicked = sequence === moment;
    const isLater = moment !== null && sequence > moment;
    return html`<div
      id=${id}
      class=${`row event${isPicked ? " picked" : ""}${isLater ? " later" : ""}`}
      role="option"
      aria-selected=${isPicked ? "true" : "false"}
      aria-posinset=${index + 1}
      aria-setsize=${this.#entries.length}
      @click=${() => this.#goTo(entry)}
    >
      <span class="digits none number">${sequence}</span>
      <span class="digits none time">${timeText(at)}</span>
      <span class="to" title=${sender === null ? actor.name : `from ${sender}`}>${actor.name}</span>
      <span class="type">${event.type}</span>
      <span class="led">${snapshot === null ? "" : snapshot.status === "active" ? snapshot.state : snapshot.status}</span>
    </div>`;
  }

  #goTo(entry: Entry | undefined): void {
    if (!entry) return;
    this.#context.focus.goTo(entry);
    this.#context.changed();
  }
}
