/** The flat table: for each leaf of the chart, which event takes which step, with each step worked out in advance. */
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode, AnyTransitionDefinition, UnknownAction } from "xstate";
import {
  type ActionSite,
  type CompiledAction,
  type CompiledGuard,
  compileAction,
  compileGuard,
  type GuardSubject,
} from "./effects.ts";
import { pathOf, statesOf } from "./subset.ts";
import {
  descriptorsOf,
  initialChange,
  matchesDescriptor,
  type StateChange,
  stateChange,
  wildcardsOf,
} from "./transitions.ts";

/** The part of a snapshot that the active states decide; every snapshot in them shares it. */
export type StatePart = Pick<AnyMachineSnapshot, "_nodes" | "value" | "tags">;

/** One set of active states: a leaf and its ancestors. */
export interface Configuration {
  readonly leaf: AnyStateNode;
  readonly statePart: StatePart;
  /** The same for a machine that is done: XState reverses the order of the active states then. */
  readonly doneStatePart: StatePart;
  /** Exit actions of all active states, innermost first: they run when the machine is done. */
  readonly exits: readonly CompiledAction[];
  /** For each event that the chart names: the candidates, innermost state first. */
  readonly on: Map<string, readonly Step[]>;
  /** For any other event: the wildcards' candidates, in the order in which they are tried. */
  readonly wildcards: { readonly descriptor: string; readonly steps: readonly Step[] }[];
  readonly always: Step[];
}

/** One transition, taken in one configuration. */
export interface Step {
  /** The transition, in the form that inspectors expect. */
  readonly transitions: AnyTransitionDefinition[];
  readonly guard: CompiledGuard | undefined;
  /** Exit actions, the transition's own, entry actions. */
  readonly actions: readonly CompiledAction[];
  /** The final state that the step enters. */
  readonly final: FinalState | undefined;
  readonly target: Configuration;
  /** The step ends in the states that it began in. */
  readonly stays: boolean;
}

export interface FinalState {
  readonly node: AnyStateNode;
  /** The event that the machine's output is computed from. */
  readonly done: string;
  /** The event to raise when the parent state is done, and not the machine. */
  readonly raised: string | undefined;
}

export interface Table {
  readonly initial: Step;
  /** Before anything is entered: the states when the very first step fails. */
  readonly beginning: Configuration;
  /**
   * Only XState's own actor can run it: an action uses the actor's system; or the root has `after` and can be
   * re-entered without being left, in which case XState starts a second timer beside the first.
   */
  readonly needsXState: boolean;
  /** How many timers an actor can have. */
  readonly slots: number;
  /** The configuration of these active states. */
  configurationOf(nodes: readonly AnyStateNode[]): Configuration;
}

/** @throws {CompileError} for an action outside the lifecycle subset. */
export function buildTable(machine: AnyStateMachine): Table {
  const leaves = statesOf(machine.root).filter((node) => node.type !== "compound");
  const parts = new ChartParts(machine);
  const configurations = new Map(leaves.map((leaf) => [leaf, emptyConfiguration(leaf, parts)]));
  const ofLeaf = (leaf: AnyStateNode): Configuration => {
    const configuration = configurations.get(leaf);
    if (!configuration) throw new Error(`The machine "${machine.id}" has no state "${pathOf(leaf)}".`);
    return configuration;
  };
  for (const configuration of configurations.values()) fill(configuration, parts, ofLeaf);

  const initial = initialStep(machine, parts, ofLeaf);
  const { value } = initial.target.statePart;
  const entered: StatePart = { _nodes: [machine.root], value, tags: new Set(machine.root.tags) };
  const beginning: Configuration = { ...initial.target, statePart: entered, doneStatePart: entered };
  return {
    initial,
    beginning,
    slots: parts.slots.size,
    needsXState: parts.needsSystem || machine.root.after.length > 0,
    configurationOf: (nodes) => ofLeaf(nodes.find(isLeaf) ?? initial.target.leaf),
  };
}

interface TransitionParts {
  readonly guard: CompiledGuard | undefined;
  readonly actions: readonly CompiledAction[];
}

/** Actions and guards, compiled once each, however many configurations share them. */
class ChartParts {
  needsSystem = false;
  readonly #machine: AnyStateMachine;
  /** Slots of timers, by XState's names for them. */
  readonly slots = new Map<string, number>();
  readonly #entries = new Map<AnyStateNode, readonly CompiledAction[]>();
  readonly #exits = new Map<AnyStateNode, readonly CompiledAction[]>();
  readonly #initials = new Map<AnyStateNode, readonly CompiledAction[]>();
  readonly #transitions = new Map<AnyTransitionDefinition, TransitionParts>();

  constructor(machine: AnyStateMachine) {
    this.#machine = machine;
    for (const node of statesOf(machine.root)) {
      this.#entries.set(node, this.#compile(node.entry, node));
      this.#exits.set(node, this.#compile(node.exit, node));
      this.#initials.set(node, this.#compile(node.initial.actions, node));
      for (const transition of [...node.transitions.values(), node.always ?? []].flat()) {
        const actions = this.#compile(transition.actions, node);
        this.#transitions.set(transition, { guard: compileGuard(transition.guard, machine), actions });
      }
    }
  }

  of(transition: AnyTransitionDefinition): TransitionParts {
    return this.#transitions.get(transition) ?? { guard: undefined, actions: [] };
  }

  exits(nodes: readonly AnyStateNode[]): CompiledAction[] {
    return nodes.flatMap((node) => this.#exits.get(node) ?? []);
  }

  entries({ entered, initialized }: StateChange): CompiledAction[] {
    return entered.flatMap((node) => [
      ...(this.#entries.get(node) ?? []),
      ...(initialized.has(node) ? (this.#initials.get(node) ?? []) : []),
    ]);
  }

  #compile(actions: readonly UnknownAction[], node: AnyStateNode): CompiledAction[] {
    const site: ActionSite = {
      machine: this.#machine,
      path: pathOf(node),
      slotOf: (timer) => {
        const slot = this.slots.get(timer) ?? this.slots.size;
        this.slots.set(timer, slot);
        return slot;
      },
      needsSystem: () => {
        this.needsSystem = true;
      },
    };
    return actions.map((action) => compileAction(action, site));
  }
}

function emptyConfiguration(leaf: AnyStateNode, parts: ChartParts): Configuration {
  const nodes = [...ancestorsOf(leaf).reverse(), leaf];
  const reversed = nodes.toReversed();
  const value = stateValue(leaf);
  const partOf = (order: AnyStateNode[]): StatePart => ({
    _nodes: order,
    value,
    tags: new Set(order.flatMap((node) => node.tags)),
  });
  return {
    leaf,
    statePart: partOf(nodes),
    doneStatePart: partOf(reversed),
    exits: parts.exits(reversed),
    on: new Map(),
    wildcards: [],
    always: [],
  };
}

/** Innermost first. */
function ancestorsOf(node: AnyStateNode): AnyStateNode[] {
  return node.parent ? [node.parent, ...ancestorsOf(node.parent)] : [];
}

function stateValue(leaf: AnyStateNode): AnyMachineSnapshot["value"] {
  const [outer, inner] = leaf.path;
  if (outer === undefined) return {};
  return inner === undefined ? outer : { [outer]: inner };
}

type LeafLookup = (leaf: AnyStateNode) => Configuration;

function fill(configuration: Configuration, parts: ChartParts, ofLeaf: LeafLookup): void {
  const innermostFirst = configuration.doneStatePart._nodes;
  const steps = new Map<AnyTransitionDefinition, Step>();
  const stepOf = (transition: AnyTransitionDefinition): Step => {
    const step = steps.get(transition) ?? createStep(transition, { configuration, parts, ofLeaf });
    steps.set(transition, step);
    return step;
  };
  for (const descriptor of new Set(innermostFirst.flatMap((node) => [...node.transitions.keys()]))) {
    const candidates = innermostFirst.flatMap((node) =>
      descriptorsOf(node, descriptor).flatMap((matching) => node.transitions.get(matching) ?? []),
    );
    configuration.on.set(descriptor, candidates.map(stepOf));
  }
  for (const node of innermostFirst) {
    for (const descriptor of wildcardsOf(node)) {
      const steps = (node.transitions.get(descriptor) ?? []).map(stepOf);
      configuration.wildcards.push({ descriptor, steps });
    }
    configuration.always.push(...(node.always ?? []).map(stepOf));
  }
}

interface StepSite {
  readonly configuration: Configuration;
  readonly parts: ChartParts;
  readonly ofLeaf: LeafLookup;
}

function createStep(transition: AnyTransitionDefinition, { configuration, parts, ofLeaf }: StepSite): Step {
  const change = stateChange(transition, configuration.statePart._nodes);
  const { guard, actions } = parts.of(transition);
  const target = ofLeaf(change.entered.find(isLeaf) ?? configuration.leaf);
  return {
    transitions: [transition],
    guard,
    actions: [...parts.exits(change.exited), ...actions, ...parts.entries(change)],
    final: finalState(change.entered),
    target,
    stays: target === configuration,
  };
}

function initialStep(machine: AnyStateMachine, parts: ChartParts, ofLeaf: LeafLookup): Step {
  const change = initialChange(machine.root);
  return {
    transitions: [],
    guard: undefined,
    actions: parts.entries(change),
    final: finalState(change.entered),
    target: ofLeaf(change.entered.find(isLeaf) ?? machine.root),
    stays: false,
  };
}

function finalState(entered: readonly AnyStateNode[]): FinalState | undefined {
  const node = entered.find(({ type }) => type === "final");
  if (!node) return undefined;
  const { parent } = node;
  return { node, done: doneType(node), raised: parent?.parent ? doneType(parent) : undefined };
}

function doneType({ id }: AnyStateNode): string {
  return `xstate.done.state.${id}`;
}

function isLeaf(node: AnyStateNode): boolean {
  return node.type !== "compound";
}

const none: readonly Step[] = [];

/** The step for an event; undefined when the active states have none for it, or every guard refuses. */
export function selectStep(configuration: Configuration, subject: GuardSubject): Step | undefined {
  for (const step of candidatesFor(configuration, subject.event.type)) {
    if (!step.guard || asked(step.guard, step, subject)) return step;
  }
  return undefined;
}

function asked(guard: CompiledGuard, { transitions }: Step, subject: GuardSubject): unknown {
  try {
    return guard(subject);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const state = transitions[0]?.source.id;
    throw new Error(`A guard of the state "${state}" threw at the event "${subject.event.type}": ${reason}`, { cause });
  }
}

export function selectEventless({ always }: Configuration, subject: GuardSubject): Step | undefined {
  for (const step of always) if (!step.guard || step.guard(subject)) return step;
  return undefined;
}

function candidatesFor(configuration: Configuration, type: string): readonly Step[] {
  const named = configuration.on.get(type);
  if (named) return named;
  const { wildcards } = configuration;
  if (wildcards.length === 0) return none;
  return wildcards.flatMap(({ descriptor, steps }) => (matchesDescriptor(type, descriptor) ? steps : []));
}
