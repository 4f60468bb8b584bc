/** What `/` is on a listener that only manages: for browsers the way to the console. */
import type { RequestListener } from "node:http";
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
    setSecurityFields(response);
    return response.writeHead(302, { Location: "/console/", Vary: "Accept", "Cache-Control": "no-store" }).end();
  };
}
