/** All workloads, in the order in which they run and appear on the page. */
import type { Workload } from "./workload.ts";
import { durable } from "./workloads/durable.ts";
import { growth } from "./workloads/growth.ts";
import { http2 } from "./workloads/http2.ts";
import { idle, idleTls } from "./workloads/idle.ts";
import { imap } from "./workloads/imap.ts";
import { inspector } from "./workloads/inspector.ts";
import { largeMail } from "./workloads/large-mail.ts";
import { largeMessage } from "./workloads/large-message.ts";
import { manyListeners } from "./workloads/many-listeners.ts";
import { messagesKept, messagesNew } from "./workloads/messages.ts";
import { shortConnectionPeers } from "./workloads/peers.ts";
import { proxyHeader } from "./workloads/proxy-header.ts";
import { reloadPause } from "./workloads/reload-pause.ts";
import { scripts } from "./workloads/scripts.ts";
import { shortConnection } from "./workloads/short-connection.ts";
import { stalls } from "./workloads/stalls.ts";
import { start } from "./workloads/start.ts";
import { tlsHandshake } from "./workloads/tls-handshake.ts";
import { watchedPage } from "./workloads/watched-page.ts";
import { workers } from "./workloads/workers.ts";

export const workloads: readonly Workload[] = [
  shortConnection,
  shortConnectionPeers,
  tlsHandshake,
  workers,
  http2,
  idle,
  idleTls,
  start,
  messagesKept,
  messagesNew,
  largeMessage,
  durable,
  imap,
  largeMail,
  proxyHeader,
  growth,
  reloadPause,
  manyListeners,
  inspector,
  watchedPage,
  stalls,
  ...scripts,
];
