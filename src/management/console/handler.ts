/** Answers requests for `/console/`: the page and its files. */
import type { RequestListener, ServerResponse } from "node:http";
import { FileAnswers } from "../../browser/file-answers.ts";
import type { PageFile } from "../../browser/page-files.ts";
import { consoleFiles } from "./files.ts";
import { consoleHeaders, consolePage } from "./page.ts";

const root = "/console/";

/** Whether this handler answers for a path, be it with 404. */
export function isConsolePath(path: string): boolean {
  return path === "/console" || path.startsWith(root);
}

/** Nothing is read before somebody asks for it; nobody needs to be logged in for these files. */
export function consoleHandler(): RequestListener {
  const answers = new FileAnswers(async () => {
    const files = await consoleFiles();
    const page: PageFile = {
      contentType: "text/html; charset=utf-8",
      read: async () => consolePage(files.keys()),
    };
    return [["", page], ...files];
  });
  return async (request, response) => {
    for (const [name, value] of Object.entries(consoleHeaders)) response.setHeader(name, value);
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      say(response, 405, "Only GET and HEAD are answered here.\n");
    } else if (path === "/console") {
      response.setHeader("Location", root);
      say(response, 308, `It is at ${root}.\n`);
    } else if (!(await answers.give(path.slice(root.length), request, response))) {
      say(response, 404, `There is no such file of the console. It begins at ${root}.\n`);
    }
  };
}

function say(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, {
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Length": Buffer.byteLength(text),
      "Cache-Control": "no-store",
    })
    .end(text);
}
