/** Who has changed the document since the start, what each change did, and the way back. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { messageOf } from "../wire/jmap.ts";
import { type Reload, type ReloadDetails, reloadDetails, restoreDocument } from "../wire/reloads.ts";
import { dialog } from "./dialog.ts";
import { differenceView } from "./difference-view.ts";
import { momentText, momentTime } from "./moments.ts";
import { planView } from "./plan-view.ts";

interface Around {
  readonly isReadOnly: boolean;
  changed(): void;
  announce(text: string): void;
  /** Another document may be in force now. */
  restored(): void;
}

const outcomes = {
  started: ["plain", "started"],
  "carried-out": ["good", "in force"],
  rejected: ["bad", "rejected"],
} as const;

export class ReloadHistory {
  readonly #around: Around;
  #reloads: readonly Reload[] = [];
  #details: ReloadDetails | null = null;
  /** What is opened. */
  #open: string | null = null;
  #proposal: { readonly reload: Reload; readonly plan: unknown } | null = null;
  #busy = false;

  constructor(around: Around) {
    this.#around = around;
  }

  show(reloads: readonly Reload[]): void {
    this.#reloads = reloads;
  }

  view(): TemplateResult {
    return html`<section class="card reloads" aria-labelledby="reloads-title">
        <h2 id="reloads-title">Documents</h2>
        <ol>
          ${repeat(
            this.#reloads,
            ({ id }) => id,
            (reload) => this.#entry(reload),
          )}
        </ol>
      </section>
      ${this.#question()}`;
  }

  /** Whoever wrote a document may not see what has become of it. */
  warning(): TemplateResult | typeof nothing {
    const [newest] = this.#reloads;
    if (newest?.outcome !== "rejected") return nothing;
    return html`<p class="lost" role="status">
      The newest document is not in force. It was rejected at ${momentTime(newest.at)} (by ${newest.by}): ${gist(newest)}
    </p>`;
  }

  #entry(reload: Reload): TemplateResult {
    const { id, at, by, outcome, generation, isInForce } = reload;
    const [tone, words] = outcomes[outcome];
    const isOpen = this.#open === id;
    const chip = isInForce
      ? html`<span class="chip good">in force</span>`
      : html`<span class="chip ${outcome === "carried-out" ? "plain" : tone}">${outcome === "carried-out" ? "replaced" : words}</span>`;
    return html`<li>
      <button class="reload" aria-expanded=${isOpen} @click=${() => void this.#toggle(reload)}>
        ${momentTime(at)}
        <span class="by">${by}</span>
        ${chip}
        <span class="none digits">document ${generation}</span>
        <span class="gist">${gist(reload)}</span>
      </button>
      ${isOpen ? this.#opened(reload) : nothing}
    </li>`;
  }

  #opened(reload: Reload): TemplateResult {
    const { id, by, error, isKept, isInForce, at } = reload;
    const details = this.#details?.id === id ? this.#details : null;
    const canRestore = isKept && !isInForce && !this.#around.isReadOnly;
    return html`<div class="opened">
      ${error ? html`<p class="error words">${error}</p>` : nothing}
      ${
        details === null
          ? html`<p role="status" class="none">Loading…</p>`
          : html`${details.plan ? planView(details.plan) : nothing} ${differenceView(details)}`
      }
      ${
        canRestore
          ? html`<p>
              <button
                ?disabled=${this.#busy}
                aria-label="Back to the document of ${momentText(at)} by ${by}"
                @click=${() => void this.#propose(reload)}
              >
                Back to this one
              </button>
            </p>`
          : nothing
      }
    </div>`;
  }

  #question(): TemplateResult | typeof nothing {
    const proposal = this.#proposal;
    if (!proposal) return nothing;
    const { reload, plan } = proposal;
    const cancel = () => {
      this.#proposal = null;
      this.#around.changed();
    };
    return dialog({
      title: "Back to this document?",
      body: html`<p class="description">
          The document of ${momentText(reload.at)} comes into force again. This is what it does to the running server.
        </p>
        ${planView(plan)}`,
      verb: "Go back",
      isDangerous: false,
      busy: this.#busy,
      apply: () => void this.#apply(reload),
      cancel,
    });
  }

  async #toggle({ id }: Reload): Promise<void> {
    this.#open = this.#open === id ? null : id;
    this.#around.changed();
    if (this.#open !== id || this.#details?.id === id) return;
    await this.#doing(async () => {
      const details = await reloadDetails(id);
      if (this.#open === id) this.#details = details;
    });
  }

  #propose(reload: Reload): Promise<void> {
    return this.#doing(async () => {
      this.#proposal = { reload, plan: await restoreDocument(reload.id, { dryRun: true }) };
    });
  }

  async #apply({ id }: Reload): Promise<void> {
    await this.#doing(async () => {
      await restoreDocument(id, { dryRun: false });
      this.#around.announce("The earlier document is in force again.");
      this.#around.restored();
    });
    this.#proposal = null;
    this.#around.changed();
  }

  async #doing(work: () => Promise<void>): Promise<void> {
    this.#busy = true;
    this.#around.changed();
    try {
      await work();
    } catch (error) {
      this.#around.announce(messageOf(error));
    } finally {
      this.#busy = false;
      this.#around.changed();
    }
  }
}

/** What matters most of it. The first line of several that an error has only says that reasons follow. */
export function gist({ error, planText }: Pick<Reload, "error" | "planText">): string {
  const lines = (error ?? planText ?? "The document of the start.")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => !/: unchanged$/.test(line) && line !== "");
  const [first = "", ...others] = error !== null && lines.length > 1 ? lines.slice(1) : lines;
  return others.length > 0 ? `${first} …` : first;
}
