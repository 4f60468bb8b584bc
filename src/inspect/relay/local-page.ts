/** Gatehouse's own page of the inspector: its files, and drawings of the charts that it shows. It needs no internet. */
import type { IncomingMessage } from "node:http";
import { FileAnswers } from "../../browser/file-answers.ts";
import { pageFiles, svgType } from "../../browser/page-files.ts";
import { contentSecurityPolicy, pageHtml } from "../../browser/page-html.ts";
import { ChartDrawer, longestDefinition } from "../drawing/chart-drawer.ts";
import { isOwnOrigin, say } from "./relay-access.ts";
import type { Asked, ServedPage } from "./served-page.ts";

/** Pages of this host that `createBrowserInspector` and `createInspectorServer` put it into. */
const pagesOfThisHost = "http://localhost:* http://127.0.0.1:* https://localhost:* https://127.0.0.1:*";

export class LocalPage implements ServedPage {
  readonly #receives: boolean;
  readonly #drawer = new ChartDrawer();
  readonly #files = new FileAnswers(async () => {
    const html = { contentType: "text/html; charset=utf-8", read: async () => this.#html() };
    return [["", html], ...(await pageFiles())];
  });

  /** @param receives other programs may send to it: it says how, and their pages may show it in a frame. */
  constructor(receives: boolean) {
    this.#receives = receives;
  }

  async answer(name: string, { request, response, host }: Asked): Promise<boolean> {
    const policy = {
      connect: `ws://${host}`,
      frameAncestors: this.#receives ? pagesOfThisHost : "'none'",
    };
    response.setHeader("Content-Security-Policy", contentSecurityPolicy(policy));
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
    if (name === "chart") {
      await this.#draw({ request, response, host });
      return true;
    }
    return request.method === "GET" && this.#files.give(name, request, response);
  }

  close(): Promise<void> {
    return this.#drawer.close();
  }

  #html(): Buffer {
    const head = this.#receives ? ['<meta name="receives" content="events of other programs" />'] : [];
    return pageHtml("inspector.html", { entry: "inspector/main", modules: [], head });
  }

  async #draw({ request, response, host }: Asked): Promise<void> {
    if (request.method !== "POST" || !isOwnOrigin(request, host)) {
      say(response, 403, "Only the inspector's page asks for drawings, by POST.\n");
      return;
    }
    const definition = await bodyOf(request);
    const drawn =
      definition === null ? { reason: "The definition is too long to be drawn." } : await this.#drawer.draw(definition);
    if ("reason" in drawn) say(response, 422, drawn.reason);
    else response.writeHead(200, { "Content-Type": svgType, "Cache-Control": "no-store" }).end(drawn.svg);
  }
}

/** Null when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= 4 * longestDefinition) chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  return length > 4 * longestDefinition || text.length > longestDefinition ? null : text;
}
