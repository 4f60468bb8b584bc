/** The page between the relay and Stately's inspector, which runs in a frame of it. */
import { randomBytes } from "node:crypto";
import type { Asked, ServedPage } from "./served-page.ts";

export class BridgePage implements ServedPage {
  readonly #inspectorUrl: URL;

  constructor(inspectorUrl: URL) {
    this.#inspectorUrl = inspectorUrl;
  }

  async answer(name: string, { request, response, host }: Asked): Promise<boolean> {
    if (name !== "" || request.method !== "GET") return false;
    const { html, policy } = bridgePage(this.#inspectorUrl, { host, nonce: randomBytes(16).toString("base64") });
    response.setHeader("Content-Security-Policy", policy);
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.setHeader("Cache-Control", "no-store");
    response.end(html);
    return true;
  }

  async close(): Promise<void> {}
}

interface Bridge {
  readonly html: string;
  /** The Content-Security-Policy: this page runs its own script, connects to this relay, and frames the inspector. */
  readonly policy: string;
}

/**
 * The page opens its WebSocket when the inspector reports that it has loaded, so that it gets the living tree first,
 * and again whenever the inspector is reloaded.
 */
function bridgePage(inspectorUrl: URL, { host, nonce }: { readonly host: string; readonly nonce: string }): Bridge {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    `connect-src ws://${host}`,
    `frame-src ${inspectorUrl.origin}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Gatehouse</title>
<style nonce="${nonce}">
  * { margin: 0; padding: 0 }
  html, body { height: 100% }
  body { display: flex; flex-direction: column; font: 14px sans-serif }
  #notice { padding: 4px 8px; background: #fff3bf }
  #notice:empty { display: none }
  iframe { flex: 1; border: none }
</style>
<div id="notice" role="status">Waiting for ${escaped(inspectorUrl.href)}. It needs the internet; Gatehouse's own page does not.</div>
<iframe id="inspector" src="${escaped(inspectorUrl.href)}" referrerpolicy="no-referrer"></iframe>
<script nonce="${nonce}">
  const inspector = document.getElementById("inspector");
  const notice = document.getElementById("notice");
  const origin = ${JSON.stringify(inspectorUrl.origin)};
  let socket = null;
  function open() {
    if (socket) socket.onclose = null, socket.close();
    const definitions = new Map();
    socket = new WebSocket("ws://" + location.host + location.pathname + "events");
    socket.onopen = () => { notice.textContent = ""; };
    socket.onclose = () => { notice.textContent = "Gatehouse does not answer. It is asked again every 2 seconds; after a restart it has another URL, which it says at the start."; setTimeout(open, 2000); };
    socket.onmessage = ({ data }) => {
      for (const message of JSON.parse(data)) {
        if (typeof message.definition === "number") message.definition = definitions.get(message.definition);
        if (message.type.startsWith("@xstate.")) inspector.contentWindow.postMessage(message, origin);
        else if (message.type === "gatehouse.definition") definitions.set(message.number, message.text);
        else if (message.type === "gatehouse.dropped")
          notice.textContent = message.count + " events were dropped, because this page was too slow. The living actors were sent again.";
      }
    };
  }
  addEventListener("message", (event) => {
    if (event.origin !== origin || event.source !== inspector.contentWindow) return;
    if (event.data && event.data.type === "@statelyai.connected") open();
  });
</script>
`;
  return { html, policy };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
