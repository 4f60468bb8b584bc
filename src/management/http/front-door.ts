/** Ways to the console: from `/` of a listener that only manages, and from the path that the management is mounted at. */
import type { RequestListener } from "node:http";
import { mountOf } from "../../protocols/http/mount.ts";
import { requestPath } from "../../protocols/http/request-path.ts";
import { setSecurityFields } from "../console/security-fields.ts";

/** @param others answers everything else, and `/` for programs */
export function leadToConsole(others: RequestListener): RequestListener {
  return (request, response) => {
    const { method, headers } = request;
    const isRead = method === "GET" || method === "HEAD";
    // Programs that name no form, or any form, are not shown a page.
    if (!isRead || requestPath(request) !== "/" || !/\btext\/html\b/i.test(headers.accept ?? ""))
      return others(request, response);
    return toConsole(request, response);
  };
}

export const toConsole: RequestListener = (request, response) => {
  setSecurityFields(response);
  const fields = { Location: `${mountOf(request)}/console/`, Vary: "Accept", "Cache-Control": "no-store" };
  response.writeHead(302, fields).end();
};
