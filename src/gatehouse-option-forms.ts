/** What the options of `createGatehouse()` have to be. */
import {
  aFunction,
  anything,
  aText,
  integerFrom,
  listOf,
  type OptionForm,
  type OptionForms,
  objectWith,
  oneOf,
  optionMistake,
} from "./config/values/option-forms.ts";
import type { GatehouseOptions } from "./gatehouse-options.ts";
import { isPending } from "./protocols/session/question.ts";
import type { WorkersOptions } from "./workers-options.ts";

/** An option of `createGatehouse()` that cannot be used. */
export class GatehouseOptionError extends TypeError {
  override readonly name = "GatehouseOptionError";
  readonly code = "gatehouse-option-invalid";
  /** Such as `workers.count`. */
  readonly option: string;

  constructor(option: string, expected: string) {
    super(`The option ${option} of createGatehouse() must be ${expected}.`);
    this.option = option;
  }
}

function either(...forms: readonly OptionForm[]): OptionForm {
  return {
    expected: forms.map(({ expected }) => expected).join(", or "),
    holds: (value) => forms.some(({ holds }) => holds(value)),
  };
}

const nullOr = (form: OptionForm): OptionForm => ({
  expected: form.expected,
  holds: (value) => value === null || form.holds(value),
});

const aProtocol: OptionForm = {
  expected: "what defineProtocol(), http() or smtp() and its like give",
  holds(value) {
    if (!objectWith("", { required: ["open", "busy"] }).holds(value)) return false;
    const { name, kind } = value as { readonly name?: unknown; readonly kind?: unknown };
    return aText.holds(name) && (kind === "session" || kind === "stream");
  },
};

const backendMethods = ["authenticate", "authenticateCertificate", "sender", "recipient", "message", "wholeMessage"];

const forms: OptionForms<GatehouseOptions> = {
  // What it holds is read by the reader of documents.
  config: {
    expected: "a document, or what readConfiguration() resolves with: await it",
    holds: (value) => !isPending(value),
  },
  protocols: listOf(aProtocol),
  backend: objectWith(`an object whose ${backendMethods.join(", ")} are functions, as far as it has them`, {
    possible: backendMethods,
  }),
  mailboxes: objectWith("an object with a method open()", { required: ["open"] }),
  authenticate: aFunction,
  authenticateCertificate: aFunction,
  takeOver: aFunction,
  node: aText,
  openEngine: aFunction,
  engineDocument: objectWith("an EngineDocument"),
  dataDirectory: aText,
  config$: objectWith("an Observable, or a source such as fileSource() gives", { required: ["subscribe"] }),
  document: objectWith("a RunningDocument", { required: ["snapshot"] }),
  control: either(aText, objectWith("an object with the path of a socket")),
  inheritedSockets: objectWith("what inheritedSockets() resolves with: await it"),
  predecessor: nullOr(objectWith("what findPredecessor() resolves with, which may be null: await it")),
  startSuccessor: aFunction,
  onBound: aFunction,
  admission: listOf(either(aFunction, objectWith("an object with a method ask()", { required: ["ask"] }))),
  pressure: {
    expected: "an object, or false for none",
    holds: (value) => value === false || objectWith("").holds(value),
  },
  workers: objectWith("an object such as { count: 4 }"),
  logger: objectWith("a pino logger", { required: ["info", "isLevelEnabled", "on", "off"] }),
  outputs: listOf(objectWith("what logDestination() gives")),
  onAdministratorMade: aFunction,
  clock: objectWith("an object with setTimeout(), clearTimeout() and now()", {
    required: ["setTimeout", "clearTimeout", "now"],
  }),
  lifecycle: oneOf("compiled", "interpreted"),
  inspect: either(aFunction, objectWith("an observer", { possible: ["next"] })),
};

const workersForms: OptionForms<WorkersOptions> = {
  count: either(integerFrom(1), oneOf("auto")),
  module: either(aText, { expected: "a URL", holds: (value) => value instanceof URL }),
  resourceLimits: anything,
};

/** @throws GatehouseOptionError for the first option that there is not, or that cannot be used. */
export function checkOptions(given: GatehouseOptions): void {
  if (typeof given !== "object" || given === null)
    throw new GatehouseOptionError("config", "given: createGatehouse({ config })");
  const mistake = optionMistake(given, forms);
  if (mistake) throw new GatehouseOptionError(mistake.option, mistake.expected);
  const ofWorkers = optionMistake(given.workers ?? {}, workersForms);
  if (ofWorkers) throw new GatehouseOptionError(`workers.${ofWorkers.option}`, ofWorkers.expected);
}

/** What a file of workers exports under the name of an option, and cannot. */
export function exportMistake(exported: Partial<GatehouseOptions>): string | null {
  const mistake = optionMistake({ ...exported }, forms);
  return mistake && `its export ${mistake.option} must be ${mistake.expected}`;
}
