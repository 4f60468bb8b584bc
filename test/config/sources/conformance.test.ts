import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Subject } from "rxjs";
import { readConfiguration } from "../../../src/config/document/read.ts";
import { demandSource } from "../../../src/config/sources/demand-source.ts";
import { fileSource } from "../../../src/config/sources/file-source.ts";
import { mergeSources } from "../../../src/config/sources/merge-sources.ts";
import { valueSource } from "../../../src/config/sources/value-source.ts";
import { describeSource, type FedSource } from "./conformance.ts";
import { documentWith, replaceFile, temporaryFolder } from "./folders.ts";

const folderWatchers = () => process.getActiveResourcesInfo().filter((kind) => kind === "FSEventWrap").length;

function fileFed(): FedSource {
  const file = join(temporaryFolder(), "gatehouse.json");
  writeFileSync(file, documentWith(1));
  const loaded = new Map([[file, createHash("sha256").update(documentWith(1)).digest("base64")]]);
  return {
    source: fileSource(file, { settle: 10, loaded }),
    give: (text) => replaceFile(file, text),
    held: folderWatchers,
  };
}

function demandFed(): FedSource {
  const file = join(temporaryFolder(), "gatehouse.json");
  const demands = new Subject<void>();
  return {
    source: demandSource(demands, () => readConfiguration(file)),
    give: (text) => {
      writeFileSync(file, text);
      demands.next();
    },
    held: () => (demands.observed ? 1 : 0),
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
describeSource("demand source", demandFed);
describeSource("value source", valueFed);
describeSource("merge of a file and a value source", mergedFed);
