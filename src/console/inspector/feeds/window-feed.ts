/**
 * What another window sends: the one that opened this page, or has it in a frame. It is of `createBrowserInspector`, or
 * the page of `createInspectorServer`.
 */
import { isObject } from "../model/message.ts";

/** As `createBrowserReceiver` of the official package does. @returns whether there is such a window */
export function listenToWindow(source: string, listener: WindowListener): boolean {
  const sender: Window | null = window === window.top ? window.opener : window.parent;
  if (!sender) return false;
  addEventListener("message", ({ source: from, data }) => {
    if (from !== sender || !isObject(data)) return;
    if (data["type"] === "@statelyai.disconnected") listener.lost(source);
    else listener.message(source, data);
  });
  sender.postMessage({ type: "@statelyai.connected" }, "*");
  return true;
}

interface WindowListener {
  message(source: string, message: unknown): void;
  lost(source: string): void;
}
