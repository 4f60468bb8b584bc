/** A handler that is loaded with its first request. */
import type { ServerResponse } from "node:http";
import type { HttpHandler } from "./http-handler.ts";

/**
 * Requests that come while it is being loaded wait, with their bodies unread, and are answered in their order. Another
 * attempt follows one that failed.
 * @param failed answers those whose attempt it was; without it they fail with the error
 */
export function loadedHandler(
  load: () => Promise<HttpHandler>,
  failed?: (error: unknown, response: ServerResponse) => void,
): HttpHandler {
  let handler: HttpHandler | null = null;
  let loading: Promise<HttpHandler> | null = null;
  const start = async (): Promise<HttpHandler> => {
    try {
      handler = await load();
      return handler;
    } finally {
      loading = null;
    }
  };
  return (request, response, facts) => {
    if (handler) return handler(request, response, facts);
    loading ??= start();
    const answer = (loaded: HttpHandler): unknown => loaded(request, response, facts);
    return failed ? loading.then(answer, (error: unknown) => failed(error, response)) : loading.then(answer);
  };
}
