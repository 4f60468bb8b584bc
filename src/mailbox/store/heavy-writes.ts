import type { Write } from "./store-calls.ts";

/** This many messages, or recipients, are as much work as the rest of a commit. */
const MANY = 50;

/** Whether the write takes long, as far as it can be known before. */
export function isHeavy(write: Write): boolean {
  switch (write.name) {
    case "copy":
    case "storeFlags":
    case "expunge":
      return write.request.uids === null || write.request.uids.length > MANY;
    case "deliver":
      return write.request.recipients.length > MANY;
    case "delete":
    case "rename":
      return true;
    default:
      return false;
  }
}
