/** Answers requests for `/console/`: the page and its files. */
import type { RequestListener, ServerResponse } from "node:http";
import { FileAnswers } from "../../browser/file-answers.ts";
import type { PageFile } from "../../browser/page-files.ts";
import { mountOf } from "../../protocols/http/mount.ts";
import { requestPath } from "../../protocols/http/request-path.ts";
import { consoleFiles } from "./files.ts";
import { consolePage } from "./page.ts";
import { setSecurityFields } from "./security-fields.ts";

const root = "/console/";

/** Whether this handler answers for a path, even if only with 404. */
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
    setSecurityFields(response);
    const path = requestPath(request);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      say(response, 405, "Only GET and HEAD are answered here.\n");
    } else if (path === "/console") {
      response.setHeader("Location", mountOf(request) + root);
      say(response, 308, `It is at ${mountOf(request)}${root}.\n`);
    } else if (!(await answers.give(path.slice(root.length), request, response))) {
      say(response, 404, `There is no such file of the console. It begins at ${mountOf(request)}${root}.\n`);
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
