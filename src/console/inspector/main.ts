/** Where the inspector's page begins. */
import { Inspector } from "./inspector.ts";

const root = document.getElementById("inspector");
if (root) new Inspector(root).start();
