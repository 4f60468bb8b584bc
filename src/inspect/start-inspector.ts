/** The inspector for a running server, in one call. */
import type { TreeObserver } from "./presented.ts";
import { openRelay, type RelayOptions } from "./relay/relay.ts";
import { type InspectionTree, inspectionTree, type TreeOptions } from "./tree.ts";

export interface InspectorOptions extends RelayOptions, TreeOptions {
  /** Further observers of the same events, for example a recording's. */
  readonly also?: readonly TreeObserver[];
}

export interface RunningInspector {
  /** To be opened in a browser on this host. Whoever knows it can watch. */
  readonly url: string;
  /** For `createGatehouse({ inspect })`. */
  readonly inspect: InspectionTree;
  /** Events that were dropped because pages were too slow. */
  readonly dropped: number;
  close(): Promise<void>;
}

/**
 * Starts the relay on loopback. Opens no browser.
 * @throws InspectionOptionError, or InspectorError when it cannot listen
 */
export async function startInspector(options: InspectorOptions = {}): Promise<RunningInspector> {
  const { port, page, inspectorUrl, receives, also = [], ...tree } = options;
  // Before anything is open, since it throws for options that are not valid.
  const inspectWith = (observer: TreeObserver) => inspectionTree([...also, observer], tree);
  inspectWith(() => {});
  const relay = await openRelay({
    ...(port === undefined ? {} : { port }),
    ...(page === undefined ? {} : { page }),
    ...(inspectorUrl === undefined ? {} : { inspectorUrl }),
    ...(receives === undefined ? {} : { receives }),
  });
  return {
    url: relay.url,
    inspect: inspectWith(relay.observer),
    get dropped() {
      return relay.dropped;
    },
    close: () => relay.close(),
  };
}
