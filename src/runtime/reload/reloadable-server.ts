import type { Configuration } from "../../config/index.ts";
import type { Listener, ListenerHost } from "../listener/listener.ts";
import type { ServerCertificates } from "../tls/server-certificates.ts";
import type { Foundation } from "./foundation.ts";

/** What a reload works on: the server, as far as it is concerned. */
export interface ReloadableServer {
  readonly configuration: Configuration;
  readonly host: ListenerHost;
  readonly foundation: Foundation;
  readonly dataDirectory: string;
  readonly certificates: ServerCertificates;
  /** The listeners of the document in force, by name. */
  readonly current: ReadonlyMap<string, Listener>;
  /** From here on the server has these; listeners that are not among them are kept until they have closed. */
  replace(replacement: Replacement): void;
}

export interface Replacement {
  readonly configuration: Configuration;
  readonly certificates: ServerCertificates;
  readonly listeners: readonly Listener[];
}
