/** Faults that the generated tests have to find: small changes of the charts and of what carries them out. */

interface Edit {
  /** From the repository's root. */
  readonly file: string;
  /** Found once in the file. */
  readonly search: string;
  readonly replace: string;
}

export interface Fault {
  /** What is wrong with it, in words. */
  readonly name: string;
  readonly edits: readonly Edit[];
  /** The chart whose walks are tried first. */
  readonly chart:
    | "connection"
    | "listener"
    | "server"
    | "reload"
    | "upgrade"
    | "worker"
    | "fleet"
    | "fleet-document"
    | "fleet-state"
    | "fleet-threads"
    | "certificate"
    | "smtp"
    | "lmtp"
    | "pop3"
    | "manage-sieve"
    | "imap";
}

type Replacement = readonly [search: string, replace: string];

const fault = (
  name: string,
  chart: Fault["chart"],
  [file, ...replacements]: readonly [string, ...Replacement[]],
): Fault => ({
  name,
  chart,
  edits: replacements.map(([search, replace]) => ({ file, search, replace })),
});

const connection = "src/runtime/connection/connection.ts";
const listener = "src/runtime/listener/listener.ts";
const fleetNode = "src/runtime/fleet/fleet-node.ts";
const fleetDocuments = "src/runtime/fleet/fleet-documents.ts";
const orderedCertificate = "src/runtime/acme/ordered-certificate.ts";
const sessionWire = "src/runtime/connection/session-wire.ts";
const smtp = "src/protocols/smtp";
const pop3 = "src/protocols/pop3";
const manageSieve = "src/protocols/manage-sieve";
const imap = "src/protocols/imap";

export const faults: readonly Fault[] = [
  fault("a certificate is issued, and not put into force", "certificate", [
    orderedCertificate,
    ["    if (!this.#isServed(issued)) await this.#host.serve(issued);\n    const", "    const"],
  ]),
  fault("a certificate for other names is kept", "certificate", [
    orderedCertificate,
    ["      this.#check(certificate, kept.privateKey);\n", ""],
  ]),
  fault("the pause after a failure is not written down", "certificate", [
    orderedCertificate,
    ["    this.#keep({ failures, retryAt }, { here: true }).catch(() => {});\n", ""],
  ]),
  fault("the pause after a failure does not grow", "certificate", [
    "src/machines/certificate.ts",
    ["2 ** Math.min(failures - 1, 20)", "1"],
  ]),
  fault("a failure is not reported", "certificate", [
    "src/machines/certificate.ts",
    ['recordFailure, "reportFailure", "shareFailure"', 'recordFailure, "shareFailure"'],
  ]),
  fault("an authority that does not come to an end is waited for without a limit", "certificate", [
    "src/machines/certificate.ts",
    ["      after: { validationTimeout: tookTooLong },\n", ""],
  ]),
  fault("orders go on when the server stops", "certificate", [
    "src/runtime/acme/certificate-orders.ts",
    [
      "const stopped = [...this.#ordered.values()].map((ordered) => ordered.stop());",
      "const stopped: Promise<void>[] = [];",
    ],
  ]),
  fault("a certificate that an earlier process has left is ordered again", "certificate", [
    orderedCertificate,
    [
      "isIssued: issued !== null && coversDomains(issued, this.settings) && from === this.settings.directory,",
      "isIssued: issued === null,",
    ],
  ]),
  fault("two nodes of a fleet order at once", "certificate", [
    orderedCertificate,
    [
      "isGranted: fleet === null || (await fleet.claim(this.name))",
      "isGranted: fleet === null || (await fleet.claim(this.name), true)",
    ],
  ]),
  fault("the proof of a domain is shown by the node that orders alone", "certificate", [
    "src/runtime/fleet/fleet-orders.ts",
    ['    await this.#tell("proof", proof, JSON.stringify(proven));\n', ""],
  ]),
  fault("the proof of a domain stays when it was seen", "certificate", [
    "src/runtime/fleet/fleet-orders.ts",
    ['    void this.#tell("proof", proof, null);\n', ""],
  ]),
  fault("a node waits for ever for another one's order", "certificate", [
    "src/machines/certificate.ts",
    ['      after: { claimPause: { target: "claiming" } },\n', ""],
  ]),
  fault("no other node may order after a failure", "certificate", [
    "src/machines/certificate.ts",
    [
      '"reportFailure", "shareFailure", "yieldOrder"],\n} as const;\n\n/** A matter',
      '"reportFailure", "shareFailure"],\n} as const;\n\n/** A matter',
    ],
  ]),
  fault("other nodes do not hear of a failure", "certificate", [
    "src/machines/certificate.ts",
    [
      '"reportFailure", "shareFailure", "yieldOrder"],\n} as const;\n\n/** A matter',
      '"reportFailure", "yieldOrder"],\n} as const;\n\n/** A matter',
    ],
  ]),
  fault("a client that goes while rules are asked is asked about all the same", "connection", [
    connection,
    ["    this.#waiting?.rules.withdraw();\n", ""],
  ]),
  fault("a client that a rule refuses is admitted when another has admitted it", "connection", [
    "src/runtime/admission/async-rules.ts",
    ["    if (!refusal && this.#pending.size > 0) return;\n", "    if (refusal && this.#pending.size > 0) return;\n"],
  ]),
  fault("rules that do not answer hold a client for ever", "connection", [
    "src/runtime/admission/async-rules.ts",
    [
      "    for (const rule of this.#pending) this.#fail",
      "    for (const rule of [] as AsyncAdmissionRule[]) this.#fail",
    ],
  ]),
  fault("a drain that comes while rules are asked is forgotten", "connection", [
    "src/machines/connection.ts",
    [
      '        "connection.granted": opens,\n        "connection.refused": ends("over-cap"),\n        "connection.drain": { actions: "requestDrain" },\n',
      '        "connection.granted": opens,\n        "connection.refused": ends("over-cap"),\n        "connection.drain": {},\n',
    ],
  ]),
  fault("a slot is not returned when a connection ends in its handshake", "connection", [
    connection,
    ["    this.#permit.release();", "    if (!this.#handshake) this.#permit.release();"],
  ]),
  fault("the end of a connection is reported twice", "connection", [
    connection,
    ["    this.#reportClosed(cause);\n", "    this.#reportClosed(cause);\n    this.#reportClosed(cause);\n"],
  ]),
  fault("the end of a connection has the wrong cause", "connection", [
    "src/runtime/connection/connection-actors.ts",
    [
      'carrierOf(self).reportClosed(context.cause ?? "socket-error")',
      'carrierOf(self).reportClosed(context.cause ? "quit" : "socket-error")',
    ],
  ]),
  fault("closed is no final state, and can be entered again", "connection", [
    "src/machines/connection.ts",
    ['      type: "final",\n      entry: ["destroySocket"', '      entry: ["destroySocket"'],
  ]),
  fault("the socket is not destroyed at the end", "connection", [
    connection,
    ["    this.#stream.destroy();\n    this.#raw.destroy();\n", ""],
  ]),
  fault("no FIN is sent when a connection closes", "connection", [connection, ["    this.#stream.end();\n", ""]]),
  fault("the session does not learn that its connection is over", "connection", [
    connection,
    ["    this.#wire?.closed(cause);", ""],
  ]),
  fault("a drain ignores the safe point of the session", "connection", [
    connection,
    ["    this.#wire?.drain();", '    this.ended("drained");'],
  ]),
  fault("a drain that comes in mid-handshake is forgotten", "connection", [
    "src/machines/connection.ts",
    ['        { guard: "drainRequested", target: "draining", actions: sessionAction },\n', ""],
  ]),
  fault("the handshake has no time limit", "connection", [
    "src/machines/connection.ts",
    ['    after: { tlsTimeout: closes("tls-timeout") },\n', ""],
  ]),
  fault("the handshake is cut a millisecond early", "connection", [
    "src/runtime/listener/live-settings.ts",
    ["return live().settings.tlsTimeout;", "return live().settings.tlsTimeout - 1;"],
  ]),
  fault("a FIN in the PROXY header is not noticed", "connection", [
    connection,
    ['      ended: () => this.#send({ type: "peer.ended" }),\n', "      ended: () => {},\n"],
  ]),
  fault("a client that reads nothing is waited for without end", "connection", [
    "src/runtime/time/deadlines.ts",
    [
      "    if (this.#over || this.#writeTimer !== undefined) return;",
      "    if (this.#writeTimer === undefined) return;",
    ],
  ]),
  fault("a session that throws goes on", "connection", [
    sessionWire,
    ['    return close("session-failed");', "    return CONTINUE;"],
  ]),
  fault("connections do not get the limit of the whole drain", "connection", [
    listener,
    ["    void new Breather().forEach(this.connections, (connection) => connection.drainExpired());", ""],
  ]),
  fault("the timers of a session are not cancelled at its end", "smtp", [
    sessionWire,
    ["    this.#leaveStream();\n    this.#deadlines.end();\n", "    this.#leaveStream();\n"],
  ]),
  {
    name: "the STARTTLS buffer is kept over the handshake",
    chart: "smtp",
    edits: [
      { file: `${smtp}/dialogue.ts`, search: "    this.reader.clear();\n", replace: "" },
      { file: `${smtp}/commands.ts`, search: "  dialogue.reader.clear();\n", replace: "" },
    ],
  },
  fault("a message is acknowledged before it is kept", "smtp", [
    `${smtp}/content.ts`,
    [
      "  if (!transaction?.outcome) return false;\n",
      "  if (!transaction) return false;\n  if (!transaction.outcome) return answer(dialogue, transaction, [replies.ok]) ?? true;\n",
    ],
  ]),
  fault("a backend that never answers holds the session for ever", "smtp", [
    "src/protocols/session/turns.ts",
    ["const excusedExpiries = 1;", "const excusedExpiries = 1_000;"],
  ]),
  fault("a FIN in mid-dialogue is not noticed", "smtp", [
    "src/protocols/session/turns.ts",
    ["    this.dialogue.reader.end();\n", ""],
  ]),
  fault("LMTP has one reply for all recipients of a message", "lmtp", [
    `${smtp}/dialect.ts`,
    ["replyForEachRecipient: true", "replyForEachRecipient: false"],
  ]),
  fault("POP3 removes what was marked when the client goes without QUIT", "pop3", [
    `${pop3}/dialogue.ts`,
    [
      "    const { account, retrieval } = this;\n",
      "    const { account, retrieval } = this;\n    void this.maildrop?.removeMarked();\n",
    ],
  ]),
  fault("POP3 says goodbye before what was marked is removed", "pop3", [
    `${pop3}/maildrop-commands.ts`,
    ["    ask: () => maildrop.removeMarked(),\n", "    ask: async () => void maildrop.removeMarked(),\n"],
  ]),
  fault("RSET of POP3 leaves messages marked", "pop3", [
    `${pop3}/marked-maildrop.ts`,
    ["    this.#marked.clear();\n", ""],
  ]),
  fault("a POP3 session that is over keeps the maildrop locked", "pop3", [
    `${pop3}/dialogue.ts`,
    ['    this.closeOpened("mailboxes", account);\n', ""],
  ]),
  fault("a lock that comes when the POP3 session is over is not given back", "pop3", [
    `${pop3}/authentication.ts`,
    ['    late: ({ account }) => dialogue.closeOpened("mailboxes", account),\n', ""],
  ]),
  {
    name: "the STLS buffer is kept over the handshake",
    chart: "pop3",
    edits: [
      { file: `${pop3}/dialogue.ts`, search: "    this.reader.clear();\n", replace: "" },
      { file: `${pop3}/commands.ts`, search: "  dialogue.reader.clear();\n", replace: "" },
    ],
  },
  fault("ManageSieve keeps a script that it has refused", "manage-sieve", [
    `${manageSieve}/script-commands.ts`,
    [
      "  if (error) {\n    dialogue.reply(invalidReply(error));\n",
      "  if (error) {\n    void dialogue.account?.scripts.put(name, script);\n    dialogue.reply(invalidReply(error));\n",
    ],
  ]),
  fault("ManageSieve acknowledges a script before it is kept", "manage-sieve", [
    `${manageSieve}/script-commands.ts`,
    ["    await scripts.put(name, script);\n", "    void scripts.put(name, script);\n"],
  ]),
  fault("UNAUTHENTICATE leaves the account open", "manage-sieve", [
    `${manageSieve}/machine.ts`,
    ['{ target: "nonAuthenticated", actions: "closeAccount" }', '{ target: "nonAuthenticated" }'],
  ]),
  fault("IMAP acknowledges an APPEND before it is kept", "imap", [
    `${imap}/incoming-append.ts`,
    [
      "uid } = checkedAppended(await this.#appended);",
      "uid } = await Promise.race([this.#appended, { uidValidity: 1, uid: 1 }]);",
    ],
  ]),
  fault("IMAP keeps the message of an APPEND that breaks off", "imap", [
    `${imap}/incoming-append.ts`,
    ["    this.#body.destroy(new MessageError(", "    this.#body.push(null);\n    void (new MessageError("],
  ]),
  {
    name: "the STARTTLS buffer of IMAP is kept over the handshake",
    chart: "imap",
    edits: [
      {
        file: `${imap}/dialogue.ts`,
        search: "  forgetDialogue(): void {\n    this.reader.clear();\n",
        replace: "  forgetDialogue(): void {\n",
      },
      { file: `${imap}/authentication.ts`, search: "  dialogue.reader.clear();\n", replace: "" },
    ],
  },
  fault("a drain of IMAP ignores that a command is carried out", "imap", [
    `${imap}/session.ts`,
    [
      "  /** It is not the client's fault that nothing goes on. */\n",
      '  override drain(): Verdict {\n    this.dialogue.end("drained");\n    return this.turn();\n  }\n\n',
    ],
  ]),
  fault("DONE does not end IMAP's IDLE", "imap", [
    `${imap}/idle.ts`,
    [
      "  dialogue.writeChanges(true);\n  if (dialogue.over) return;\n",
      '  if (line.toUpperCase() === "DONE") return;\n',
    ],
  ]),
  fault("changes during IMAP's IDLE are not sent at once", "imap", [
    `${imap}/dialogue.ts`,
    ['    if (this.state === "idling") this.wire.wake();\n', ""],
  ]),
  fault("a SELECT of IMAP that fails leaves the mailbox before it selected", "imap", [
    `${imap}/account-commands.ts`,
    ['    dialogue.closeMailbox();\n    dialogue.send("mailbox.closed");\n    const selected', "    const selected"],
  ]),
  fault("CLOSE of IMAP removes nothing", "imap", [
    `${imap}/account-commands.ts`,
    ["&& !view.deleted) await expungeAll(view);", "&& !view.deleted) await view.mailbox.refresh();"],
  ]),
  fault("IMAP says no BYE to a client that is idle for too long", "imap", [
    `${imap}/session.ts`,
    ['dialogue.bye("Idle for too long", "idle-timeout");', 'dialogue.end("idle-timeout");'],
  ]),
  fault("a suspended listener goes on accepting", "listener", [
    listener,
    ["fromPromise(({ self }) => Listener.#invoking(self).#sockets.pause())", "fromPromise(async () => {})"],
  ]),
  fault("a listener that holds lets one too many in", "listener", [
    "src/runtime/admission/slots.ts",
    ["    return this.#taken >= this.#limit;", "    return this.#taken > this.#limit;"],
  ]),
  fault("a listener that holds does not learn of a free slot", "listener", [
    "src/runtime/listener/hold-reasons.ts",
    ['      if (!isFull()) send({ type: "capacity.freed" });', ""],
  ]),
  fault("a shortage of descriptors is not noticed", "listener", [
    listener,
    ['    if (spare < this.#descriptorsToAccept) this.send({ type: "descriptors.exhausted" });', ""],
  ]),
  fault("descriptors are looked for once only", "listener", [
    "src/machines/listener.ts",
    ['          { actions: ["countRetry", "scheduleRetry"] },', '          { actions: ["countRetry"] },'],
  ]),
  fault("a server that is stopped while it starts opens its sockets all the same", "server", [
    "src/runtime/server/server.ts",
    ['    for (const listener of this.#listeners) listener.send({ type: "listener.stop" });', ""],
  ]),
  fault("a server has stopped before its connections have ended", "server", [
    "src/runtime/server/server.ts",
    [
      'waitFor(listener.actor, ({ status }) => status !== "active")));\n    await gone',
      "waitFor(listener.actor, () => true)));\n    await gone",
    ],
  ]),
  fault("a reload closes listeners that it does not change", "reload", [
    "src/runtime/reload/reload-transaction.ts",
    [
      'this.#breather.beginEach(this.#plans("removed"), ({ name }) => {',
      'this.#breather.beginEach([...this.#plans("removed"), ...this.#plans("unchanged")], ({ name }) => {',
    ],
  ]),
  fault("a reload that is undone keeps the sockets that it has bound", "reload", [
    "src/runtime/reload/reload-transaction.ts",
    ['    for (const listener of this.#added.values()) listener.send({ type: "listener.stop" });', ""],
  ]),
  fault("a reload does not count the documents", "reload", [
    "src/runtime/reload/reload-transaction.ts",
    ["    host.generation += 1;\n", ""],
  ]),
  fault("a superseded document is never answered", "reload", [
    "src/runtime/reload/reload.ts",
    [
      "      this.#requests.delete(document);\n      reject(\n",
      "      this.#requests.delete(document);\n      (() => {})(\n",
    ],
  ]),
  fault("a successor that has failed is not ended", "upgrade", [
    "src/runtime/upgrade/upgrader.ts",
    ["    successor?.kill();\n    // Two", "    // Two"],
  ]),
  fault("a server whose successor has failed does not accept again", "upgrade", [
    "src/succession.ts",
    ["          await acceptEverywhere(server);\n", ""],
  ]),
  fault("a server still accepts when its successor takes over", "upgrade", [
    "src/runtime/upgrade/upgrader.ts",
    ["    await server.stopAccepting();\n", ""],
  ]),
  fault("a silent successor is waited for without end", "upgrade", [
    "src/machines/upgrade.ts",
    ['      after: { upgradeTimeout: { target: "takingBack", actions: "recordSilence" } },\n', ""],
  ]),
  fault("whoever has asked for an upgrade that failed is not answered", "upgrade", [
    "src/runtime/upgrade/upgrader.ts",
    ["    this.#outcome.reject(error);\n", ""],
  ]),
  fault("a successor that is ready does not get what is in memory", "upgrade", [
    "src/runtime/upgrade/upgrader.ts",
    ['    if (successor) successor.channel.send({ type: "takeOver", state: server.letGo(successor) });\n', ""],
  ]),
  fault("a server that has a successor does not end", "upgrade", [
    "src/succession.ts",
    ["          await options.end();\n", ""],
  ]),
  fault("the slot of a worker that has died is kept", "worker", [
    "src/runtime/workers/worker-pool.ts",
    ["        this.memory.giveBackAllOf(thread);\n", ""],
  ]),
  fault("a document comes into force in one worker only", "worker", [
    "src/runtime/workers/worker-pool.ts",
    ["      this.#staged.map((worker) =>", "      this.#staged.slice(0, 1).map((worker) =>"],
  ]),
  fault("a document that a worker cannot prepare stays prepared in the others", "worker", [
    "src/runtime/workers/worker-pool.ts",
    ['    await this.#eachStaged("discard");\n', ""],
  ]),
  fault("a worker that cannot follow a document goes on with the former one", "worker", [
    "src/runtime/workers/worker-pool.ts",
    [".catch((error: unknown) => worker.replace(error)),", ".catch(() => {}),"],
  ]),
  fault("a worker counts each of its connections twice", "worker", [
    "src/runtime/shared/shared-counters.ts",
    ["      Atomics.add(this.#cells, cell, 1);", "      Atomics.add(this.#cells, cell, 2);"],
  ]),
  fault("who waits is not woken for the slot of a worker that has died", "worker", [
    "src/runtime/shared/shared-counters.ts",
    ["      this.#wake(counter * stride);\n      sum += own;", "      sum += own;"],
  ]),
  fault("a worker that is not needed any more stays", "worker", [
    "src/runtime/workers/worker-pool.ts",
    ["      void worker.stop({ wait: true }).finally(() => this.#leaving.delete(worker));\n", ""],
  ]),
  fault("a worker that has died keeps its turns to wait for clients", "worker", [
    "src/runtime/workers/accept-turns.ts",
    ["seen === absent || Math.abs((current - seen) | 0) > 1", "seen === absent"],
  ]),
  fault("a worker that accepts from nothing keeps its turns to wait for clients", "worker", [
    "src/runtime/workers/accept-turns.ts",
    ["    Atomics.store(this.#lastSeen, this.#options.thread, absent);\n", ""],
  ]),
  fault("only the first workers ever wait for clients", "worker", [
    "src/runtime/workers/accept-turns.ts",
    ["    const first = (current * atATime) % present;", "    const first = 0;"],
  ]),
  fault("a node of a fleet does not renew its lease", "fleet", [
    "src/machines/fleet.ts",
    ['          after: { renewInterval: { target: "settling" } },\n', ""],
  ]),
  fault("a node of a fleet holds on to a lease that the engine does not know", "fleet", [
    fleetNode,
    ["    if (!answer.held) return false;\n", "    if (!answer.held) return true;\n"],
  ]),
  fault("a node that is cut off from its fleet lets clients in that it is to refuse", "fleet", [
    fleetNode,
    ['    return this.admits === "alone" && (', '    return this.admits === "leased" && ('],
  ]),
  fault("a node of a fleet uses a lease that has ended", "fleet", [
    fleetNode,
    ['    if (this.#lease.holds) return "leased";\n', '    if (this.#member !== "") return "leased";\n'],
  ]),
  fault("what a fleet lacks while the engine is asked is forgotten", "fleet", [
    fleetNode,
    ["    return { held, again: this.#wanted };\n", "    return { held, again: false };\n"],
  ]),
  fault("a node forgets that its fleet has more clients than the cap", "fleet", [
    "src/runtime/fleet/leased-slots.ts",
    ["    this.#excess = Math.max(0, this.#held + others - this.#cap);\n", ""],
  ]),
  fault("slots of a fleet that were given back are used all the same", "fleet", [
    "src/runtime/fleet/leased-slots.ts",
    ["    this.#held -= wished;\n", ""],
    [
      "keep: this.#held, want };\n  }\n\n  /** Those inside",
      "keep: this.#held - spare, want };\n  }\n\n  /** Those inside",
    ],
  ]),
  fault("a vote against a document of a fleet is ignored", "fleet-document", [
    fleetDocuments,
    ["    if (words !== null) this.against", '    if (words !== null && by === "") this.against'],
  ]),
  fault("a document of a fleet is decided for before all have voted", "fleet-document", [
    fleetDocuments,
    ["    if (this.#missing.size === 0 || this.against", "    if (this.#missing.size <= 1 || this.against"],
    ["    while (ballot.missing.length > 0 &&", "    while (ballot.missing.length > 1 &&"],
    ["    const silent = ballot.against.length > 0 ?", "    const silent = ballot.missing.length > 0 ?"],
  ]),
  fault("a node puts a document of its fleet into force as soon as it has voted", "fleet-document", [
    fleetDocuments,
    [
      "        const { commit, words } = await decision;\n",
      "        const { commit, words } = { commit: true, words: null };\n",
    ],
  ]),
  fault("a document of a fleet undoes a change that was decided for meanwhile", "fleet-document", [
    fleetDocuments,
    ["if redis.sha1hex(redis.call('GET', KEYS[2]) or '') ~= ARGV[2] then return 'changed' end\n", ""],
  ]),
  fault("whoever lost the answer to a decision takes it for a failure", "fleet-document", [
    fleetDocuments,
    ["      if (decided !== id) throw error;\n", '      if (decided !== "") throw error;\n'],
  ]),
  fault("a node waits for ever for a node that proposed a document and is gone", "fleet-document", [
    fleetDocuments,
    ["        else if (turn !== id) resolve(", "        else if (turn === null) resolve("],
  ]),
  fault("a node that was away does not catch up with the document of its fleet", "fleet-document", [
    fleetNode,
    ["    void this.documents?.catchUp(answer.document);\n", ""],
  ]),
  fault("a node that was away does not catch up with what its fleet has blocked", "fleet-state", [
    fleetNode,
    ["    this.#shared?.catchUp(answer.shared);\n", ""],
  ]),
  fault("what was blocked while the engine was away is never told", "fleet-state", [
    "src/runtime/fleet/shared-state.ts",
    [" || epoch !== this.#epoch || this.#unsent.size > 0) this.#work();", " || epoch !== this.#epoch) this.#work();"],
  ]),
  fault("a node does not notice that it has missed a change of its fleet", "fleet-state", [
    "src/runtime/fleet/shared-state.ts",
    ["    if (version !== this.#version || epoch", "    if (epoch"],
  ]),
  fault("the slots of a worker that has died are given back to its fleet twice", "fleet-threads", [
    "src/runtime/shared/shared-counters.ts",
    ["      const own = Atomics.exchange(this", "      const own = 2 * Atomics.exchange(this"],
  ]),
  fault("another node waits in vain for the slot of a worker that has died", "fleet-threads", [
    "src/runtime/workers/worker-memory.ts",
    ["    this.own.leases?.wish();\n", ""],
  ]),
  fault("a slot that a worker takes while it is given back is given back all the same", "fleet-threads", [
    "src/runtime/fleet/leased-slots.ts",
    ["    this.#held += back;\n    return wished - back;", "    return wished;"],
  ]),
  fault("workers of a node use a lease that has ended", "fleet-threads", [
    "src/runtime/shared/shared-leases.ts",
    ['if (admits !== "leased" || this', 'if (admits !== "" || this'],
  ]),
  fault("workers of a node are not told that its lease was renewed", "fleet-threads", [
    fleetNode,
    ["  answered(): void {\n    this.#tellThreads();\n", "  answered(): void {\n"],
  ]),
  fault("workers of a node take slots that it has not leased", "fleet-threads", [
    "src/runtime/admission/leased-shared-slots.ts",
    [
      "      super.limit = cap;\n      this.#counters.setAside(number, cap - count);\n    }",
      "      super.limit = cap;\n    }",
    ],
  ]),
  fault("nobody asks the engine for a client that has found no slot in a worker", "fleet-threads", [
    "src/runtime/fleet/leased-slots.ts",
    ["    this.#waiting += waiting;\n", ""],
  ]),
  fault("clients in workers are not counted again when their node is back", "fleet-threads", [
    "src/runtime/fleet/leased-slots.ts",
    ["    this.#held = this.#insideForGood;\n", "    this.#held = this.#taken;\n"],
  ]),
  fault("removed listeners are counted for ever", "connection", [
    "src/runtime/observe/metrics-registry.ts",
    [
      '      this.reset();\n      this.set({ listener: "" }, source.slots.taken);',
      '      this.set({ listener: "" }, source.slots.taken);',
    ],
  ]),
];
