/** What would become of a client that connected now: through the charts, the rules and the handshake. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Page, Surroundings } from "../page.ts";
import { explanationView } from "../parts/explanation-view.ts";
import { pageHead } from "../parts/page-head.ts";
import { WalkedChart } from "../parts/walked-chart.ts";
import { hashOf, type Route } from "../routes.ts";
import { type Explanation, explain } from "../wire/explanation.ts";
import { get, MethodError, messageOf, WireError } from "../wire/jmap.ts";
import { queryObjects } from "../wire/objects.ts";

type ExplainRoute = Extract<Route, { readonly page: "explain" }>;

const drawn = ["listener", "connection"] as const;

export class ExplainPage implements Page {
  readonly title = "Explain";
  readonly #around: Surroundings;
  readonly #asked: ExplainRoute;
  #listeners: readonly string[] | null = null;
  readonly #charts = new Map<string, WalkedChart>();
  #explanation: Explanation | null = null;
  #problem: string | null = null;
  #mistake: string | null = null;
  #busy = false;

  constructor(around: Surroundings, asked: ExplainRoute) {
    this.#around = around;
    this.#asked = asked;
  }

  start(): void {
    void this.#loadListeners();
    void this.#explain();
  }

  stop(): void {}

  async #loadListeners(): Promise<void> {
    try {
      const request = { filter: {}, sort: null, limit: 500, after: null, properties: ["name"] };
      const { values } = await queryObjects("x:ListenerStatus", request);
      this.#listeners = values.map(({ name }) => String(name));
    } catch (error) {
      this.#failed(error);
    }
    this.#around.changed();
  }

  async #explain(): Promise<void> {
    const { listener, address, serverName, proxied } = this.#asked;
    if (listener === null || address === null) return;
    this.#busy = true;
    try {
      const explanation = await explain({ listener, address, serverName, proxied });
      await Promise.all(drawn.map((chart) => this.#draw(chart)));
      for (const [name, chart] of this.#charts) {
        const numbered = explanation.steps.map(({ chart: of, state }, step) => ({ of, state, step }));
        chart.show(numbered.filter(({ of }) => of === name));
      }
      this.#explanation = explanation;
    } catch (error) {
      this.#failed(error);
    }
    this.#busy = false;
    this.#around.changed();
  }

  async #draw(chart: string): Promise<void> {
    this.#charts.set(chart, new WalkedChart(await (await get(`charts/${chart}.svg`)).text()));
  }

  #failed(error: unknown): void {
    if (error instanceof WireError && error.problem === "unauthorized") this.#around.loggedOut();
    else if (error instanceof MethodError && error.type === "invalidArguments") this.#mistake = messageOf(error);
    else this.#problem = messageOf(error);
  }

  view(): TemplateResult {
    const subtitle =
      "What would become of a client that connected now. Nothing is counted, and nobody is let in by it.";
    return html`${pageHead({ title: this.title, subtitle })} ${this.#form()}
      ${this.#problem ? html`<p class="error" role="alert">${this.#problem}</p>` : nothing}
      ${this.#busy && !this.#explanation ? html`<p role="status" class="none">Asking…</p>` : nothing}
      ${this.#explanation ? explanationView(this.#explanation, this.#charts) : nothing}`;
  }

  #form(): TemplateResult {
    const { listener, address, serverName, proxied } = this.#asked;
    const names = this.#listeners ?? (listener === null ? [] : [listener]);
    const mistake = this.#mistake;
    return html`<form class="card question" novalidate @submit=${(event: SubmitEvent) => this.#submitted(event)}>
      <label
        >Address
        <input
          name="address"
          class="verbatim"
          required
          autocomplete="off"
          spellcheck="false"
          placeholder="192.0.2.1"
          value=${address ?? ""}
          aria-invalid=${mistake ? "true" : nothing}
          aria-describedby=${mistake ? "mistake" : nothing}
      /></label>
      <label
        >Listener
        <select name="listener">
          ${names.map((name) => html`<option value=${name} ?selected=${name === listener}>${name}</option>`)}
        </select></label
      >
      <label
        >Server name
        <input name="serverName" class="verbatim" autocomplete="off" spellcheck="false" placeholder="none" value=${serverName ?? ""}
      /></label>
      <label class="check"><input type="checkbox" name="proxied" ?checked=${proxied} /> Named by a proxy's header</label>
      <button class="primary">Explain</button>
      ${mistake ? html`<p id="mistake" class="error" role="alert">${mistake}</p>` : nothing}
    </form>`;
  }

  #submitted(event: SubmitEvent): void {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const text = (name: string) => String(data.get(name) ?? "").trim() || null;
    const [address, listener] = [text("address"), text("listener")];
    if (address === null || listener === null) {
      this.#mistake = "Give an address, and choose a listener.";
      this.#around.changed();
      return;
    }
    const proxied = data.has("proxied");
    const hash = hashOf({ page: "explain", listener, address, serverName: text("serverName"), proxied });
    if (hash !== location.hash) {
      this.#around.go(hash);
      return;
    }
    this.#mistake = null;
    this.#problem = null;
    void this.#explain();
  }
}
