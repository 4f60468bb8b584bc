/** An explanation as a walk: its steps, the charts with the way lit up, what each rule says, and what TLS would be. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import type { ExplainedTls, Explanation, Rule } from "../wire/explanation.ts";
import { ruleMeaning } from "./reasons.ts";
import type { WalkedChart } from "./walked-chart.ts";

const outcomes: Readonly<Record<Explanation["outcome"], readonly [tone: string, words: string]>> = {
  served: ["good", "It is served."],
  "proxy-header": ["good", "It is a trusted proxy: its header decides about its client."],
  waits: ["warn", "It waits until the listener accepts again."],
  refused: ["bad", "It is refused."],
  "tls-failed": ["bad", "Its TLS handshake fails."],
  unreachable: ["bad", "Nothing listens for such a client."],
};

export function explanationView(explained: Explanation, charts: ReadonlyMap<string, WalkedChart>): TemplateResult {
  const { outcome, steps, rules, tls, address, listener } = explained;
  const [tone, words] = outcomes[outcome];
  return html`<p class="outcome ${tone}" role="status"><strong>${address} on ${listener}:</strong> ${words}</p>
    <div class="explained">
      <section class="card walk" aria-labelledby="walk-title">
        <h2 id="walk-title">The way</h2>
        <ol>
          ${steps.map(
            ({ chart, state, text }) =>
              html`<li>
                <span class="none">${chart}</span> <strong>${state}</strong>
                <p>${text}</p>
              </li>`,
          )}
        </ol>
      </section>
      <div class="found">${rulesTable(rules)} ${tls ? tlsFacts(tls) : nothing}</div>
    </div>
    <div class="walked-charts">
      ${[...charts]
        .filter(([name]) => steps.some(({ chart }) => chart === name))
        .map(
          ([name, chart]) =>
            html`<section class="card chart-box" aria-label="The ${name} chart">
            <h2>${name}</h2>
            <div class="chart fitted" tabindex="0" role="group" aria-label="The ${name} chart; the way through it is listed above">
              ${chart.element}
            </div>
          </section>`,
        )}
    </div>`;
}

function rulesTable(rules: readonly Rule[]): TemplateResult | typeof nothing {
  if (rules.length === 0) return nothing;
  const first = rules.find(({ refusal }) => refusal !== null);
  return html`<section class="card" aria-labelledby="rules-title">
    <h2 id="rules-title">Rules, in their order</h2>
    <ul class="judged">
      ${rules.map((rule) => {
        const refuses = rule.refusal !== null;
        return html`<li class=${rule === first ? "decides" : ""}>
          <span class="chip ${refuses ? "bad" : "good"}">${refuses ? "refuses" : "passes"}</span>
          <span class="judged-rule" title=${ruleMeaning(rule.rule)}>${rule.rule}</span>
          ${measure(rule)}
        </li>`;
      })}
    </ul>
  </section>`;
}

/** How far it is from the limit. */
function measure({ rule, limit, current }: Rule): TemplateResult | typeof nothing {
  if (limit === null || current === null) return html`<span class="none">–</span>`;
  const left = Math.max(0, limit - current);
  return html`<span class="digits measure"
    ><span>${current} of ${limit}, ${left} left</span>
    <progress
      class=${current >= limit ? "full" : ""}
      ${ref((element) => {
        if (!(element instanceof HTMLProgressElement)) return;
        element.max = Math.max(1, limit);
        element.value = current;
      })}
      aria-label="${rule}: ${current} of ${limit}"
    ></progress
  ></span>`;
}

function tlsFacts({
  begins,
  certificate,
  version,
  cipherSuite,
  error,
  versions,
  clientAuth,
}: ExplainedTls): TemplateResult {
  const entries: readonly (readonly [string, unknown])[] =
    error === null
      ? [
          ["Begins", begins === "implicit" ? "with the first byte" : "when the client asks"],
          ["Certificate", certificate ?? "the self-signed one"],
          ["Agreed on", version],
          ["Suite", html`<code class="long">${cipherSuite}</code>`],
          ["Offered", versions.join(", ")],
          ...(clientAuth === "none" ? [] : [["Client certificate", clientAuth] as const]),
        ]
      : [
          ["Begins", begins === "implicit" ? "with the first byte" : "when the client asks"],
          ["Fails", html`<span class="error">${error}</span>`],
        ];
  return html`<section class="card" aria-labelledby="tls-title">
    <h2 id="tls-title">TLS</h2>
    <dl class="pairs">
      ${entries.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}
