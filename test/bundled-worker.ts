/** A worker of the bundle: a module that it loads finds the package there. */
import "./as-package.ts";
import { bundledThread } from "./bundled-command.ts";

await import(bundledThread("worker").href);
