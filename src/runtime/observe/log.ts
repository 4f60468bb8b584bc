/** The log: a subscriber of lifecycle events. One line for each connection, at its end; the steps in between at debug. */
import type { Logger } from "pino";
import type { OwnName } from "../../machines/causes.ts";
import type { OwnNotices } from "../../protocols/own-names.ts";
import type { Lifecycle, LifecycleEvent, LifecycleEventType } from "./lifecycle.ts";
import { type LogLine, logLines, ownNoticeLine } from "./log-lines.ts";
import { preparedLinesOf } from "./prepared-lines.ts";

const types = Object.keys(logLines) as (keyof typeof logLines)[];

/**
 * Subscribes only to what the logger's level lets through, and follows changes of that level.
 * @param notices those that protocols of the embedder's own have registered.
 */
export function logLifecycle(lifecycle: Lifecycle, logger: Logger, notices: OwnNotices = {}): void {
  const ownTypes = Object.keys(notices) as OwnName[];
  const logPrepared = preparedLinesOf(logger);
  const log = (event: LifecycleEvent): void => {
    if (logPrepared === null || !logPrepared(event)) logEvent(logger, event);
  };
  const listen = () =>
    lifecycle.listen<LifecycleEventType>(
      [
        ...types.filter((type) => logger.isLevelEnabled(logLines[type].level)),
        ...ownTypes.filter((type) => logger.isLevelEnabled(notices[type]?.level ?? "info")),
      ],
      log,
    );
  let end = listen();
  const relisten = (): void => {
    end();
    end = listen();
  };
  logger.on("level-change", relisten);
  lifecycle.listen(["server.stopped", "server.failed"], () => void logger.off("level-change", relisten));
}

function logEvent(logger: Logger, event: LifecycleEvent): void {
  // Each line matches its event's type, which TypeScript cannot see through a table.
  const { level, levelOf, text, fields } = lineOf(event.type) as LogLine<LifecycleEvent>;
  const said = {
    event: event.type,
    ...fields?.(event),
    ...(event.worker === undefined ? {} : { worker: event.worker }),
  };
  logger[levelOf?.(event) ?? level](said, typeof text === "string" ? text : text(event));
}

function lineOf(type: LifecycleEventType) {
  return type in logLines ? logLines[type as keyof typeof logLines] : ownNoticeLine;
}
