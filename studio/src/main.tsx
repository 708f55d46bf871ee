import { render } from "preact";
import { App } from "./app";
import "./style.css";

// Cytoscape would put a style element into the page, which the page's policy refuses; it does not
// where there is one of this name. What it would say stands in style.css.
const there = document.createElement("meta");
there.id = "__________cytoscape_stylesheet";
document.head.append(there);

const root = document.getElementById("app")!;
root.replaceChildren();
render(<App />, root);
