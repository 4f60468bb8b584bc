/** Who is in a state: a list of any length. The server is asked only for the rows in sight. */
import { html, nothing, type TemplateResult } from "lit-html";
import { durationText } from "../forms/quantities.ts";
import type { Surroundings } from "../page.ts";
import { octetsText } from "../parts/octets.ts";
import { VirtualList } from "../parts/virtual-list.ts";
import { hashOf } from "../routes.ts";
import { act } from "../wire/actions.ts";
import { hostOf } from "../wire/ends.ts";
import { messageOf } from "../wire/jmap.ts";
import { type Counts, type Inhabitant, inhabitantsOf } from "../wire/states.ts";

/** Pixels; the style sheet has the same. */
const rowHeight = 34;
/** Connections that are asked for together. */
const pageSize = 100;
/** Milliseconds between two looks at those in sight. */
const interval = 2_000;

export interface InhabitantsOptions {
  readonly around: Surroundings;
  readonly chart: string;
  readonly state: string;
  counts(): Counts;
  watch(id: string): void;
}

export class InhabitantsView {
  readonly #options: InhabitantsOptions;
  readonly #list: VirtualList;
  readonly #rows = new Map<number, Inhabitant>();
  /** Pages in sight at the last drawing. */
  #wanted = new Set<number>();
  #asking = false;
  #total = 0;
  #picked: string | null = null;
  #problem: string | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: InhabitantsOptions) {
    this.#options = options;
    this.#list = new VirtualList({ rowHeight, changed: () => options.around.changed() });
  }

  start(): void {
    this.#wanted.add(0);
    void this.#ask();
    this.#timer = setInterval(() => void this.#ask(), interval);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #ask(): Promise<void> {
    if (this.#asking || document.hidden) return;
    this.#asking = true;
    const { chart, state, around } = this.#options;
    try {
      for (const page of [...this.#wanted]) {
        const asked = { chart, state, counts: this.#options.counts(), position: page * pageSize, limit: pageSize };
        const { total, rows } = await inhabitantsOf(asked);
        this.#total = total;
        for (let index = 0; index < pageSize; index += 1) {
          const row = rows[index];
          if (row) this.#rows.set(asked.position + index, row);
          else this.#rows.delete(asked.position + index);
        }
      }
      this.#problem = null;
    } catch (error) {
      this.#problem = messageOf(error);
    } finally {
      this.#asking = false;
    }
    if (this.#timer !== undefined) around.changed();
  }

  view(): TemplateResult {
    const { state, chart } = this.#options;
    const count = this.#total;
    const picked = [...this.#rows].find(([, { id }]) => id === this.#picked);
    const wanted = new Set<number>();
    const list = this.#list.view({
      role: "listbox",
      label: `Who is in ${state}`,
      count,
      picked: picked?.[0] ?? -1,
      row: (index, id) => {
        wanted.add(Math.floor(index / pageSize));
        return this.#row(index, id);
      },
      pick: (index) => this.#pick(this.#rows.get(index)),
      key: (event) => {
        if (event.key === "Enter" && picked?.[1].connection) this.#options.watch(picked[1].id);
      },
    });
    const isNew = [...wanted].some((page) => !this.#wanted.has(page));
    this.#wanted = wanted.size > 0 ? wanted : new Set([0]);
    if (isNew) queueMicrotask(() => void this.#ask());
    return html`<section class="card who-is-there" aria-labelledby="who">
      <div class="who-head">
        <h2 id="who">In ${state}: <span class="digits">${count}</span></h2>
        ${chart === "listener" ? nothing : this.#actions(picked?.[1] ?? null)}
      </div>
      ${this.#problem ? html`<p class="error" role="alert">${this.#problem}</p>` : nothing}
      ${count > 0 ? list : html`<p class="none">Nobody at this moment.</p>`}
    </section>`;
  }

  #pick(row: Inhabitant | undefined): void {
    this.#picked = row?.id ?? null;
    this.#options.around.changed();
  }

  #row(index: number, id: string): TemplateResult {
    const row = this.#rows.get(index);
    const isPicked = row !== undefined && row.id === this.#picked;
    const cells = row ? cellsOf(row) : ["…"];
    return html`<div
      id=${id}
      class=${isPicked ? "inhabitant picked" : "inhabitant"}
      role="option"
      aria-selected=${isPicked ? "true" : "false"}
      aria-setsize=${this.#total}
      aria-posinset=${index + 1}
      @click=${() => this.#pick(row)}
      @dblclick=${() => row?.connection && this.#options.watch(row.id)}
    >
      ${cells.map((cell) => html`<span>${cell}</span>`)}
    </div>`;
  }

  #actions(row: Inhabitant | null): TemplateResult {
    const connection = row?.connection ?? null;
    return html`<div class="buttons">
      <button ?disabled=${connection === null} @click=${() => row && this.#options.watch(row.id)}>Watch</button>
      <button class="quiet" ?disabled=${connection === null} @click=${() => row && this.#explain(row)}>Explain</button>
      ${
        this.#options.around.isReadOnly
          ? nothing
          : html`<button class="quiet" ?disabled=${connection === null} @click=${() => void this.#close(row)}>Close</button>`
      }
    </div>`;
  }

  /** What would become of another client like it. */
  #explain({ listener, connection }: Inhabitant): void {
    if (!connection) return;
    const { peer, serverName, isProxied: proxied } = connection;
    this.#options.around.go(hashOf({ page: "explain", listener, address: hostOf(peer), serverName, proxied }));
  }

  async #close(row: Inhabitant | null): Promise<void> {
    if (!row?.connection) return;
    const { around } = this.#options;
    try {
      await act({ "@type": "CloseConnection", connectionId: row.id });
      around.announce(`The connection of ${row.connection.peer} ends at its next safe point.`);
      void this.#ask();
    } catch (error) {
      around.announce(messageOf(error));
    }
  }
}

function cellsOf({ listener, connection }: Inhabitant): readonly unknown[] {
  if (!connection) return [listener];
  const { peer, user, session, state, age, bytesRead, bytesWritten } = connection;
  return [
    html`<code>${peer}</code>`,
    listener,
    user ?? html`<span class="none">–</span>`,
    session ?? state,
    durationText(Math.floor(age / 1_000) * 1_000),
    html`<span class="digits">${octetsText(bytesRead)} in</span>`,
    html`<span class="digits">${octetsText(bytesWritten)} out</span>`,
  ];
}
