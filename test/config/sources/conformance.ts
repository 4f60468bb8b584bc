import { config, Subject } from "rxjs";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ConfigurationSource, DocumentRead } from "../../../src/config/sources/source.ts";
import { Emissions } from "./emissions.ts";
import { documentWith } from "./folders.ts";
import { filesIdle } from "./settling-clock.ts";

/** A source and what feeds it. */
export interface FedSource {
  readonly source: ConfigurationSource;
  /** Makes a document the newest one. */
  give(text: string): void;
  /** How many watchers, handlers and timers there are because of subscriptions. */
  held(): number;
}

export function capOf(read: DocumentRead): number | string {
  return read.kind === "document" ? read.configuration.system.maxConnections : read.error.code;
}

/** What every source of documents keeps to. */
export function describeSource(name: string, feed: () => FedSource): void {
  describe(`the ${name}`, () => {
    test("emits a valid document", async () => {
      const { source, give } = feed();
      const emissions = subscribed(source);
      give(documentWith(11));
      expect(capOf(await emissions.next())).toBe(11);
    });

    test("rejects a document that is not valid with all that is wrong, and goes on", async () => {
      const { source, give } = feed();
      const emissions = subscribed(source);
      give('{"SystemSettings": {"maxConnections": 0, "drainTimeout": -1}}');
      expect(await emissions.next()).toMatchObject({
        kind: "rejected",
        error: {
          code: "invalid-configuration",
          issues: [{ path: "SystemSettings.maxConnections" }, { path: "SystemSettings.drainTimeout" }],
        },
      });
      give("{");
      expect(capOf(await emissions.next())).toBe("invalid-configuration");
      give(documentWith(12));
      expect(capOf(await emissions.next())).toBe(12);
      expect(emissions.end).toBeUndefined();
    });

    test("goes on for everyone when an observer throws", async () => {
      const { source, give } = feed();
      const unhandled = new Emissions(unhandledErrors());
      const calls = new Subject<number | string>();
      const careless = new Emissions(calls);
      const subscription = source.subscribe((read) => {
        calls.next(capOf(read));
        throw new Error("an observer's own mistake");
      });
      onTestFinished(() => subscription.unsubscribe());
      const careful = subscribed(source);
      for (const cap of [21, 22]) {
        give(documentWith(cap));
        expect(capOf(await careful.next())).toBe(cap);
        expect(await careless.next()).toBe(cap);
        expect(await unhandled.next()).toMatchObject({ message: "an observer's own mistake" });
      }
    });

    test("gives everything back when the last observer leaves, and emits no more", async () => {
      const { source, give, held } = feed();
      await closingDone();
      const before = held();
      const [one, other] = [subscribed(source), subscribed(source)];
      await filesIdle();
      expect(held()).toBeGreaterThan(before);
      give(documentWith(31));
      await Promise.all([one.next(), other.next()]);
      one.subscription.unsubscribe();
      give(documentWith(32));
      expect(capOf(await other.next())).toBe(32);
      other.subscription.unsubscribe();
      await closingDone();
      expect(held()).toBe(before);
      expect(one.all).toHaveLength(1);
    });
  });
}

function subscribed(source: ConfigurationSource): Emissions<DocumentRead> {
  const emissions = new Emissions(source);
  onTestFinished(() => emissions.subscription.unsubscribe());
  return emissions;
}

/** A closed handle is gone at the end of a turn of the event loop, which is after that turn's immediates. */
async function closingDone(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What RxJS would otherwise throw into the event loop. */
function unhandledErrors(): Subject<unknown> {
  const errors = new Subject<unknown>();
  config.onUnhandledError = (error) => errors.next(error);
  onTestFinished(() => {
    config.onUnhandledError = null;
  });
  return errors;
}
