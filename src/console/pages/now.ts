/** The running server at this moment: each listener, who is connected, and what can be done about it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { repeat } from "lit-html/directives/repeat.js";
import { durationText } from "../forms/quantities.ts";
import type { Page, Surroundings } from "../page.ts";
import { capFill } from "../parts/cap-fill.ts";
import { dialog } from "../parts/dialog.ts";
import { nodesTable } from "../parts/nodes-table.ts";
import { pageHead } from "../parts/page-head.ts";
import { RatePlot } from "../parts/rate-plot.ts";
import { Rates, rateText } from "../parts/rates.ts";
import { ReloadHistory } from "../parts/reload-history.ts";
import { sparkline } from "../parts/sparkline.ts";
import { reasonText, resourceText, stateChip } from "../parts/state-chip.ts";
import { hashOf } from "../routes.ts";
import { type Action, act } from "../wire/actions.ts";
import { messageOf } from "../wire/jmap.ts";
import { LiveServer } from "../wire/live.ts";
import { Occasional } from "../wire/occasional.ts";
import { latestReloads, type Reload } from "../wire/reloads.ts";
import { type ListenerNow, type NodeNow, type ServerNow, serverNow } from "../wire/server-status.ts";

type ListenerAction = Extract<Action, { listenerId: string }>["@type"];

const done: Readonly<Record<ListenerAction, string>> = {
  SuspendListener: "accepts nobody any more; clients wait in the kernel.",
  ResumeListener: "accepts again.",
  DrainListener: "drains: its connections end at their next safe point.",
};

/** What each of them touches. */
const questions: Readonly<
  Record<ListenerAction, { readonly verb: string; readonly touches: (listener: ListenerNow) => string }>
> = {
  SuspendListener: {
    verb: "Suspend",
    touches: ({ addresses, connections }) =>
      `It accepts nobody on ${addresses.join(", ")} until it is resumed. New clients wait in the kernel's queue; ` +
      `${countText(connections)} open now, and not touched.`,
  },
  ResumeListener: {
    verb: "Resume",
    touches: ({ addresses }) =>
      `It accepts on ${addresses.join(", ")} again, beginning with the clients that wait in the kernel's queue.`,
  },
  DrainListener: {
    verb: "Drain",
    touches: ({ addresses, connections }) =>
      `It accepts nobody on ${addresses.join(", ")} any more, and its connections end at their next safe point: ` +
      `${countText(connections)} open now. Resume it to accept again.`,
  },
};

/** An action about one thing, which is known by its id while it is under way. */
interface Asked {
  readonly id: string;
  readonly name: string;
  readonly verb: string;
  /** What it touches. */
  readonly touches: string;
  readonly isDangerous: boolean;
  readonly action: Action;
  /** What has become of it, after its name. */
  readonly done: string;
}

function askedOfListener(listener: ListenerNow, action: ListenerAction): Asked {
  const { id, name } = listener;
  const { verb, touches } = questions[action];
  const isDangerous = action === "DrainListener";
  return {
    ...{ id, name, verb, touches: touches(listener), isDangerous, done: done[action] },
    action: { "@type": action, listenerId: id },
  };
}

function askedOfNode({ id, name, connections }: NodeNow): Asked {
  const touches =
    `It accepts nobody any more, and its process ends with its last session: ${countText(connections)} open now. ` +
    "The other nodes have its part of the caps as its clients go. To have it back, start it again.";
  const here = id === "local" ? " It is this node: the console goes with it." : "";
  return {
    ...{ id: `node ${id}`, name, verb: "Drain", touches: `${touches}${here}`, isDangerous: true },
    ...{ action: { "@type": "DrainNode", nodeId: id }, done: "drains: its process ends with its last session." },
  };
}

function countText(connections: number): string {
  return connections === 1 ? "1 connection is" : `${connections} connections are`;
}

export class NowPage implements Page {
  readonly title = "Now";
  readonly #around: Surroundings;
  readonly #live: LiveServer;
  readonly #reloads: Occasional<readonly Reload[]>;
  readonly #history: ReloadHistory;
  readonly #plot = new RatePlot();
  readonly #mount = (element: Element | undefined) => {
    this.#plot.mount(element);
    this.#plot.show(this.#total.points);
  };
  #now: ServerNow | null = null;
  readonly #total = new Rates();
  readonly #rates = new Map<string, Rates>();
  /** Listeners and nodes with an action under way. */
  readonly #busy = new Set<string>();
  /** What is asked before it is done. */
  #asked: Asked | null = null;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#live = new LiveServer({
      got: (state) => this.#got(serverNow(state)),
      liveness: (now) => around.liveness(now),
      loggedOut: () => around.loggedOut(),
    });
    this.#history = new ReloadHistory({ ...around, restored: () => this.#reloads.due() });
    this.#reloads = new Occasional({
      ask: latestReloads,
      got: (reloads) => {
        this.#history.show(reloads);
        around.changed();
      },
      loggedOut: () => around.loggedOut(),
    });
  }

  start(): void {
    this.#live.start();
    this.#reloads.due();
  }

  stop(): void {
    this.#live.stop();
    this.#reloads.stop();
    this.#plot.destroy();
  }

  #got(now: ServerNow): void {
    this.#now = now;
    this.#reloads.due();
    const sum = { accepted: 0, refused: 0 };
    for (const listener of now.listeners) {
      const rates = this.#rates.get(listener.id) ?? new Rates();
      this.#rates.set(listener.id, rates);
      rates.add(now.at, listener);
      sum.accepted += listener.accepted;
      sum.refused += listener.refused;
    }
    this.#total.add(now.at, sum);
    this.#plot.show(this.#total.points);
    this.#around.changed();
  }

  view(): TemplateResult {
    const now = this.#now;
    if (!now) return html`${pageHead({ title: this.title })}<p role="status" class="none">Loading…</p>`;
    return html`${pageHead({ title: this.title, subtitle: `${now.hostname}, Gatehouse ${now.version}` })}
      ${facts(now)} ${this.#history.warning()} ${nodesTable(now, this.#around.isReadOnly ? null : (node) => this.#nodeActions(node))}
      <section class="card plot" aria-labelledby="rates-title">
        <h2 id="rates-title">Clients per second</h2>
        <p class="key">
          <span class="accepted">accepted ${rateText(this.#total.latest?.accepted ?? 0)}</span>
          <span class="refused">refused ${rateText(this.#total.latest?.refused ?? 0)}</span>
        </p>
        <div class="plot-area" aria-hidden="true" ${ref(this.#mount)}></div>
      </section>
      ${this.#table(now)} ${this.#history.view()} ${this.#question()}`;
  }

  #table({ listeners, totalListeners }: ServerNow): TemplateResult {
    return html`<table role="table" class="cards listeners" aria-label="Listeners">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">Listener</th>
            <th role="columnheader" scope="col">State</th>
            <th role="columnheader" scope="col">Addresses</th>
            <th role="columnheader" scope="col">Connections</th>
            <th role="columnheader" scope="col">Accepts and refusals</th>
            <th role="columnheader" scope="col"><span class="unseen">Actions</span></th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${repeat(
            listeners,
            ({ id }) => id,
            (listener) => this.#row(listener),
          )}
        </tbody>
      </table>
      ${totalListeners > listeners.length ? html`<p class="more">The first ${listeners.length} of ${totalListeners} listeners.</p>` : nothing}`;
  }

  #row(listener: ListenerNow): TemplateResult {
    const { id, name, protocol, tlsImplicit, state, pausedBy, addresses, connections, maxConnections } = listener;
    const rates = this.#rates.get(id);
    const { accepted = 0, refused = 0 } = rates?.latest ?? {};
    const settings = hashOf({ page: "object", view: "x:NetworkListener", id: name });
    return html`<tr role="row">
      <td role="cell" data-label="Listener">
        <div>
          <a href=${settings}>${name}</a>
          <div class="none">${protocol}${tlsImplicit ? ", TLS" : ""}</div>
        </div>
      </td>
      <td role="cell" data-label="State">
        <div>
          ${stateChip(state)}
          ${pausedBy.length > 0 ? html`<div class="none">${pausedBy.map(reasonText).join(", ")}</div>` : nothing}
        </div>
      </td>
      <td role="cell" data-label="Addresses"><div>${addresses.map((address) => html`<code>${address}</code> `)}</div></td>
      <td role="cell" data-label="Connections">
        <div class="digits">${capFill(connections, maxConnections, `Connections of ${name}`)}</div>
      </td>
      <td role="cell" data-label="Per second">
        <div class="rate">
          ${sparkline(rates?.points ?? [])}
          <span class="digits"
            >${rateText(accepted)}/s${refused > 0 ? html` <span class="refused">${rateText(refused)}/s</span>` : nothing}</span
          >
        </div>
      </td>
      <td role="cell" data-label=""><div class="row-actions">${this.#actions(listener)}</div></td>
    </tr>`;
  }

  #actions(listener: ListenerNow): TemplateResult | typeof nothing {
    const { id, name, state, pausedBy } = listener;
    if (this.#around.isReadOnly || state === "draining" || state === "closed" || state === "failed") return nothing;
    const busy = this.#busy.has(id);
    const isSuspended = pausedBy.includes("suspended");
    const toggle: ListenerAction = isSuspended ? "ResumeListener" : "SuspendListener";
    const verb = isSuspended ? "Resume" : "Suspend";
    return html`<button aria-label="${verb} ${name}" ?disabled=${busy} @click=${() => this.#ask(askedOfListener(listener, toggle))}>
        ${verb}
      </button>
      <button
        class="quiet"
        aria-label="Drain ${name}"
        ?disabled=${busy}
        @click=${() => this.#ask(askedOfListener(listener, "DrainListener"))}
      >
        Drain
      </button>`;
  }

  #nodeActions(node: NodeNow): TemplateResult | typeof nothing {
    if (node.state === "draining") return nothing;
    const asked = askedOfNode(node);
    return html`<button
      aria-label="Drain ${node.name}"
      ?disabled=${this.#busy.has(asked.id)}
      @click=${() => this.#ask(asked)}
    >
      Drain
    </button>`;
  }

  #ask(asked: Asked): void {
    this.#asked = asked;
    this.#around.changed();
  }

  #question(): TemplateResult | typeof nothing {
    const asked = this.#asked;
    if (!asked) return nothing;
    const close = () => {
      this.#asked = null;
      this.#around.changed();
    };
    const { id, name, verb, touches, isDangerous } = asked;
    return dialog({
      ...{ title: `${verb} ${name}?`, body: html`<p class="description">${touches}</p>`, verb, isDangerous },
      busy: this.#busy.has(id),
      apply: () => void this.#tell(asked).then(close),
      cancel: close,
    });
  }

  async #tell({ id, name, action, done }: Asked): Promise<void> {
    this.#busy.add(id);
    this.#around.changed();
    try {
      await act(action);
      this.#around.announce(`${name} ${done}`);
    } catch (error) {
      this.#around.announce(messageOf(error));
    } finally {
      this.#busy.delete(id);
      this.#around.changed();
    }
  }
}

function facts(now: ServerNow): TemplateResult {
  const { state, generation, connections, maxConnections, exhausted, startedAt, at } = now;
  const age = startedAt === null ? null : Math.max(0, Math.floor((at - Date.parse(startedAt)) / 60_000) * 60_000);
  return html`<dl class="facts card">
    <div>
      <dt>Server</dt>
      <dd>${stateChip(state)}</dd>
    </div>
    <div>
      <dt>Connections</dt>
      <dd class="digits">${capFill(connections, maxConnections, "Connections of the server")}</dd>
    </div>
    <div>
      <dt>Pressure</dt>
      <dd>
        ${
          exhausted.length === 0
            ? html`<span class="chip good">none</span>`
            : exhausted.map((resource) => html`<span class="chip bad">${resourceText(resource)}</span> `)
        }
      </dd>
    </div>
    <div>
      <dt>Document</dt>
      <dd class="digits">${generation}</dd>
    </div>
    <div>
      <dt>Running for</dt>
      <dd>${age === null ? "–" : age < 60_000 ? "less than a minute" : durationText(age)}</dd>
    </div>
  </dl>`;
}
