/** How another project sends its actors here. */
import { html, type TemplateResult } from "lit-html";

export function receivesOthers(): boolean {
  return document.querySelector('meta[name="receives"]') !== null;
}

export function connectHelp(): TemplateResult {
  const page = location.href.split(/[?#]/, 1)[0] ?? "";
  const socket = page.replace("http", "ws");
  const inNode = `import { createWebSocketInspector } from "@statelyai/inspect";

const { inspect } = createWebSocketInspector({ url: "${socket}" });
createActor(machine, { inspect }).start();`;
  const inBrowser = `import { createBrowserInspector } from "@statelyai/inspect";

const { inspect } = createBrowserInspector({ url: "${page}" });
createActor(machine, { inspect }).start();`;
  const bridged = `import { createInspectorServer } from "@statelyai/inspect/server";

createInspectorServer({ url: "${page}" });`;
  return html`<div class="help">
    <h2>Send actors here</h2>
    <p>Any project with XState 5 and <code>@statelyai/inspect</code> on this computer can. The URL contains the key.</p>
    ${sample("A program in Node.js, or a page that keeps its window", inNode)}
    ${sample("A page, which opens this one in a window of its own", inBrowser)}
    ${sample("Programs that send to the package's own server already", bridged)}
  </div>`;
}

function sample(title: string, code: string): TemplateResult {
  return html`<h3>${title}</h3>
    <pre class="json verbatim" tabindex="0" role="group" aria-label=${title}>${code}</pre>`;
}
