/** Where the console begins. */
import { App } from "./app.ts";

const root = document.getElementById("console");
if (root) void new App(root).enter();
