/** The tree of all actors. */
import { html, nothing, type TemplateResult } from "lit-html";
import { VirtualList } from "../../parts/virtual-list.ts";
import { type ActorRow, actorRows } from "../model/actor-rows.ts";
import type { WatchedActor } from "../model/watched-actor.ts";
import { isChecked, type PaneContext, typed } from "./pane.ts";

export class ActorsPane {
  readonly #context: PaneContext;
  readonly #list: VirtualList;
  #rows: readonly ActorRow[] = [];

  constructor(context: PaneContext) {
    this.#context = context;
    this.#list = new VirtualList({ rowHeight: 32, changed: () => context.changed() });
  }

  view(): TemplateResult {
    const { collection, focus, changed } = this.#context;
    this.#rows = actorRows(collection.roots, {
      search: focus.actorSearch,
      hidesGhosts: focus.hidesGhosts,
      folded: focus.folded,
    });
    const hidden = collection.actors.size - countOf(this.#rows, focus.folded);
    return html`<div class="pane-head">
        <h2 id="actors-title">Actors <span class="digits none">${collection.actors.size}</span></h2>
        <input
          type="search"
          aria-label="Search actors by name, state or worker"
          placeholder="Search"
          @input=${(event: Event) => {
            focus.actorSearch = typed(event);
            changed();
          }}
        />
        <label
          ><input
            type="checkbox"
            .checked=${focus.hidesGhosts}
            @change=${(event: Event) => {
              focus.hidesGhosts = isChecked(event);
              changed();
            }}
          />Hide ended and never started</label
        >
      </div>
      ${this.#list.view({
        role: "tree",
        label: "Actors",
        count: this.#rows.length,
        picked: this.#rows.findIndex(({ actor }) => actor === focus.actor),
        row: (index, id) => this.#row(index, id),
        pick: (index) => this.#choose(this.#rows[index]?.actor),
        key: (event) => this.#fold(event),
      })}
      ${hidden > 0 ? html`<p class="pane-foot none">${hidden} not shown</p>` : nothing}`;
  }

  #row(index: number, id: string): TemplateResult {
    const { [index]: row } = this.#rows;
    if (!row) return html``;
    const { focus, changed } = this.#context;
    const { actor, level, isOpen, position, siblings } = row;
    const snapshot = focus.snapshotOf(actor);
    const isPicked = actor === focus.actor;
    const toggle = (event: Event): void => {
      event.stopPropagation();
      this.#setOpen(actor, isOpen !== true);
      changed();
    };
    return html`<div
      id=${id}
      class=${`row actor${isPicked ? " picked" : ""}${actor.isGhost ? " ghost" : ""}`}
      role="treeitem"
      aria-level=${level}
      aria-posinset=${position}
      aria-setsize=${siblings}
      aria-selected=${isPicked ? "true" : "false"}
      aria-expanded=${isOpen === null ? nothing : String(isOpen)}
      .style=${`padding-left:${Math.min(level - 1, 12) * 0.9 + 0.3}rem`}
      @click=${() => this.#choose(actor)}
    >
      <span class="fold" aria-hidden="true" @click=${isOpen === null ? nothing : toggle}>${isOpen === null ? "" : isOpen ? "▾" : "▸"}</span>
      <span class="name" title=${`${actor.name} (${actor.sessionId}, ${actor.source})`}>${actor.name}</span>
      ${workerOf(actor)}
      <span class="state">${stateOf(actor, snapshot)}</span>
    </div>`;
  }

  #choose(actor: WatchedActor | undefined): void {
    if (!actor) return;
    this.#context.focus.choose(actor);
    this.#context.changed();
  }

  /** As in any tree: to the right opens, to the left folds, or goes to the parent. */
  #fold(event: KeyboardEvent): void {
    const { focus } = this.#context;
    const row = this.#rows.find(({ actor }) => actor === focus.actor);
    if (!row || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "ArrowRight") this.#setOpen(row.actor, true);
    else if (row.isOpen) this.#setOpen(row.actor, false);
    else if (row.actor.parent) {
      focus.choose(row.actor.parent);
      this.#list.reveal(this.#rows.findIndex(({ actor }) => actor === row.actor.parent));
    }
    this.#context.changed();
  }

  #setOpen({ key }: WatchedActor, isOpen: boolean): void {
    const { folded } = this.#context.focus;
    if (isOpen) folded.delete(key);
    else folded.add(key);
  }
}

/** Those in the rows and those folded below them. */
function countOf(rows: readonly ActorRow[], folded: ReadonlySet<string>): number {
  if (folded.size === 0) return rows.length;
  return rows.reduce((sum, { actor, isOpen }) => sum + (isOpen === false ? 1 + descendants(actor) : 1), 0);
}

function descendants({ children }: WatchedActor): number {
  let count = 0;
  for (const child of children) count += 1 + descendants(child);
  return count;
}

/** What is below a connection is where that is. */
function workerOf({ worker, parent }: WatchedActor): TemplateResult | typeof nothing {
  return worker === null || parent?.worker === worker ? nothing : html`<span class="worker">worker ${worker}</span>`;
}

/** Its state; what became of it when it lives no longer. */
function stateOf(
  actor: WatchedActor,
  snapshot: ReturnType<PaneContext["focus"]["snapshotOf"]>,
): TemplateResult | string {
  if (snapshot === null) return "–";
  if (!actor.hasStarted) return "never started";
  if (snapshot.status !== "active") return html`<span class="status ${snapshot.status}">${snapshot.status}</span>`;
  return actor.isLost ? html`<span class="status">gone</span>` : snapshot.state || "running";
}
