import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Subject } from "rxjs";
import { onTestFinished } from "vitest";
import { readConfiguration } from "../../../src/config/document/read.ts";
import { fileSource } from "../../../src/config/sources/file-source.ts";
import { mergeSources } from "../../../src/config/sources/merge-sources.ts";
import { signalSource } from "../../../src/config/sources/signal-source.ts";
import { valueSource } from "../../../src/config/sources/value-source.ts";
import { describeSource, type FedSource } from "./conformance.ts";
import { documentWith, replaceFile, temporaryFolder } from "./folders.ts";

const folderWatchers = () => process.getActiveResourcesInfo().filter((kind) => kind === "FSEventWrap").length;

function fileFed(): FedSource {
  const file = join(temporaryFolder(), "gatehouse.json");
  writeFileSync(file, documentWith(1));
  return {
    source: fileSource(file, { settle: 10 }),
    give: (text) => replaceFile(file, text),
    held: folderWatchers,
  };
}

function signalFed(): FedSource {
  const file = join(temporaryFolder(), "gatehouse.json");
  // Without a handler the signal would end the process that runs the tests.
  const handler = (): void => undefined;
  process.on("SIGHUP", handler);
  onTestFinished(() => {
    process.off("SIGHUP", handler);
  });
  return {
    source: signalSource("SIGHUP", () => readConfiguration(file)),
    give: (text) => {
      writeFileSync(file, text);
      process.kill(process.pid, "SIGHUP");
    },
    held: () => process.listenerCount("SIGHUP"),
  };
}

function valueFed(): FedSource {
  const values = new Subject<unknown>();
  return {
    source: valueSource(values),
    give: (text) => values.next(text),
    held: () => (values.observed ? 1 : 0),
  };
}

function mergedFed(): FedSource {
  const [file, value] = [fileFed(), valueFed()];
  let given = 0;
  return {
    source: mergeSources(file.source, value.source),
    give: (text) => {
      given += 1;
      (given % 2 === 0 ? file : value).give(text);
    },
    held: () => file.held() + value.held(),
  };
}

describeSource("file source", fileFed);
describeSource("signal source", signalFed);
describeSource("value source", valueFed);
describeSource("merge of a file and a value source", mergedFed);
