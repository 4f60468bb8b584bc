/** Stately's inspector for a running server, in one call. */
import type { TreeObserver } from "./presented.ts";
import { openRelay, type RelayOptions } from "./relay.ts";
import { type InspectionTree, inspectionTree, type TreeOptions } from "./tree.ts";

export interface InspectorOptions extends RelayOptions, TreeOptions {
  /** Others who get the same events: a recording's observer, for one. */
  readonly also?: readonly TreeObserver[];
}

export interface RunningInspector {
  /** To be opened in a browser on this host. Whoever knows it can watch. */
  readonly url: string;
  /** For `createGatehouse({ inspect })`. */
  readonly inspect: InspectionTree;
  /** Events that pages were too slow for. */
  readonly dropped: number;
  close(): Promise<void>;
}

/**
 * Starts the relay on loopback. Opens no browser.
 * @throws InspectionOptionError, or InspectorError when it cannot listen
 */
export async function startInspector(options: InspectorOptions = {}): Promise<RunningInspector> {
  const { port, inspectorUrl, also = [], ...tree } = options;
  // Before anything is open: it throws for options that make no sense.
  const inspectWith = (observer: TreeObserver) => inspectionTree([...also, observer], tree);
  inspectWith(() => {});
  const relay = await openRelay({
    ...(port === undefined ? {} : { port }),
    ...(inspectorUrl === undefined ? {} : { inspectorUrl }),
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
