// The graph to draw on: mouse, touch and keyboard.

import cytoscape from "cytoscape";
import type { Core, ElementDefinition, EventObject, StylesheetJson } from "cytoscape";
import { useEffect, useRef, useState } from "preact/hooks";
import { arrange, spiral } from "./layout";
import * as edit from "./problem";
import { edgeKey, keyOf, nameOf, type Places, type ProblemData } from "./problem";
import { colour, onTheme } from "./theme";

export interface Selection {
  kind: "node" | "edge";
  key: string;
}

interface Props {
  problem: ProblemData;
  places: Places;
  selection: Selection | null;
  onChange: (problem: ProblemData) => void;
  onPlaces: (places: Places) => void;
  onSelect: (selection: Selection | null) => void;
}

const GHOST = "ghost";
const MANY = 150; // nodes from which names are small and edges plain
const NUDGE = 12; // px an arrow key moves a node

function style(count: number): StylesheetJson {
  const small = count > MANY;
  const size = small ? 16 : 34;
  return [
    {
      selector: "node",
      style: {
        width: size,
        height: size,
        label: count > 400 ? "" : "data(name)",
        "font-size": small ? 9 : 12,
        "font-family": "system-ui, sans-serif",
        "text-valign": small ? "bottom" : "center",
        "text-wrap": "ellipsis",
        "text-max-width": small ? "60px" : "30px",
        color: colour("text"),
        "background-color": colour("panel"),
        "border-width": small ? 1.5 : 2,
        "border-color": colour("accent"),
      },
    },
    {
      selector: "node[?wide]",
      style: {
        width: 16,
        height: 16,
        "text-valign": "bottom",
        "text-margin-y": 4,
        "text-max-width": "110px",
        "text-background-color": colour("panel"),
        "text-background-opacity": 0.8,
        "background-color": colour("accent"),
      },
    },
    {
      selector: "edge",
      style: {
        width: small ? 1 : 2,
        "line-color": colour("line"),
        "curve-style": count > 400 ? "haystack" : "bezier",
        label: "data(label)",
        "font-size": 11,
        "font-family": "system-ui, sans-serif",
        color: colour("text"),
        "text-background-color": colour("panel"),
        "text-background-opacity": 1,
        "text-background-padding": "2px",
      },
    },
    {
      selector: "edge[?directed]",
      style: {
        "curve-style": "bezier",
        "target-arrow-shape": "triangle",
        "target-arrow-color": colour("line"),
      },
    },
    { selector: `#${GHOST}`, style: { opacity: 0, width: 1, height: 1, label: "", events: "no" } },
    { selector: `#${GHOST}-edge`, style: { "line-style": "dashed", "line-color": colour("accent") } },
    {
      selector: ".chosen",
      style: {
        "border-width": 4,
        "border-color": colour("mark"),
        "line-color": colour("mark"),
        "target-arrow-color": colour("mark"),
      },
    },
    { selector: ".source", style: { "border-style": "double", "border-width": 6 } },
  ];
}

function elements(problem: ProblemData, places: Places): ElementDefinition[] {
  const graph = problem.graph!;
  const directed = graph.directed === true;
  const nodes = graph.nodes.map((node, i): ElementDefinition => {
    const key = keyOf(node.id);
    const name = nameOf(node.id);
    const weight = typeof node["weight"] === "number" ? ` (${node["weight"]})` : "";
    return {
      group: "nodes",
      data: { id: `n${key}`, key, name: name + weight, wide: (name + weight).length > 4 },
      position: { ...(places[key] ?? spiral(i)) },
    };
  });
  const known = new Set(graph.nodes.map((node) => keyOf(node.id)));
  const drawn = graph.edges.filter((e) => known.has(keyOf(e.source)) && known.has(keyOf(e.target)));
  const edges = drawn.map((edge): ElementDefinition => {
    const value = edge["weight"] ?? edge["capacity"] ?? edge["distance"];
    return {
      group: "edges",
      data: {
        id: `e${edgeKey(edge)}`,
        key: edgeKey(edge),
        source: `n${keyOf(edge.source)}`,
        target: `n${keyOf(edge.target)}`,
        label: typeof value === "number" ? String(value) : "",
        directed,
      },
    };
  });
  return [...nodes, ...edges];
}

/** What changes the picture's parts, without places. */
const signature = (problem: ProblemData): string => JSON.stringify(problem.graph);

export function GraphEditor(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const core = useRef<Core | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [mode, setMode] = useState<"draw" | "move">("draw");
  const [joining, setJoining] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const { problem } = props;
  const count = problem.graph?.nodes.length ?? 0;
  const drawn = signature(problem);

  useEffect(() => {
    const cy = cytoscape({
      container: box.current,
      elements: [],
      minZoom: 0.05,
      maxZoom: 3,
      boxSelectionEnabled: false,
      autounselectify: true,
    });
    core.current = cy;
    listen(cy, () => latest.current);
    const restyle = () => cy.style(style(latest.current.problem.graph?.nodes.length ?? 0));
    const stop = onTheme(restyle);
    const resized = new ResizeObserver(() => cy.resize());
    resized.observe(box.current!);
    return () => {
      stop();
      resized.disconnect();
      cy.destroy();
      core.current = null;
    };
  }, []);

  useEffect(() => {
    const cy = core.current!;
    const graph = problem.graph!;
    const fresh = cy.nodes().length === 0;
    const missing = graph.nodes.filter((node) => props.places[keyOf(node.id)] === undefined);
    const kind = graph.nodes.length > 400 ? "names" : graph.nodes.length > MANY ? "small" : "large";
    if (cy.scratch("kind") !== kind) cy.style(style(graph.nodes.length));
    cy.scratch("kind", kind);
    cy.batch(() => sync(cy, elements(problem, props.places)));
    let stale = false;
    if (missing.length > 1) {
      void arrange(graph, () => stale).then((places) => {
        if (places === null) return;
        latest.current.onPlaces(places);
        cy.batch(() => {
          for (const node of cy.nodes()) {
            const place = places[node.data("key") as string];
            if (place !== undefined) node.position({ ...place });
          }
        });
        cy.fit(undefined, 40);
        if (cy.zoom() > 1.3) {
          cy.zoom(1.3);
          cy.center();
        }
      });
    } else if (fresh && graph.nodes.length > 1) {
      cy.fit(undefined, 40);
      if (cy.zoom() > 1.3) {
        cy.zoom(1.3);
        cy.center();
      }
    }
    return () => {
      stale = true;
    };
  }, [drawn]);

  useEffect(() => {
    const cy = core.current!;
    cy.elements().removeClass("chosen source");
    const { selection } = props;
    if (selection !== null) {
      cy.getElementById(`${selection.kind === "node" ? "n" : "e"}${selection.key}`).addClass("chosen");
    }
    if (joining !== null) cy.getElementById(`n${joining}`).addClass("source");
  }, [props.selection, joining, drawn]);

  useEffect(() => {
    const cy = core.current!;
    cy.autoungrabify(mode === "draw");
    cy.scratch("mode", mode);
  }, [mode]);

  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const done = keyboard(event, latest.current, core.current!, joining, setJoining, setSaid);
    if (done) event.preventDefault();
  };

  return (
    <div class="editor">
      <div class="toolbar" role="group" aria-label="What the mouse does">
        <button type="button" aria-pressed={mode === "draw"} onClick={() => setMode("draw")}>Draw</button>
        <button type="button" aria-pressed={mode === "move"} onClick={() => setMode("move")}>Move</button>
        <span class="spacer" />
        <button type="button" title="Fit the whole graph into view" onClick={() => core.current!.fit(undefined, 40)}>Fit</button>
        <button
          type="button"
          title="Arrange the nodes again"
          disabled={count < 2}
          onClick={() => {
            void arrange(latest.current.problem.graph!, () => false).then((places) => {
              latest.current.onPlaces(places!);
              const cy = core.current;
              if (cy === null) return;
              for (const node of cy.nodes()) {
                const place = places![node.data("key") as string];
                if (place !== undefined) node.position({ ...place });
              }
              cy.fit(undefined, 40);
            });
          }}
        >
          Arrange
        </button>
      </div>
      <div
        class="canvas"
        tabIndex={0}
        role="application"
        aria-roledescription="graph editor"
        aria-label={`Graph with ${count} nodes and ${problem.graph?.edges.length ?? 0} edges. Keys: N new node, arrows go through the nodes, E edge from here, Delete removes, Shift and arrows move. The same is in the lists below.`}
        onKeyDown={keys}
      >
        <div ref={box} class="graph" data-testid="graph" />
        {count === 0 && (
          <p class="empty">Click to place a node. Drag from node to node for an edge. Or drop a file.</p>
        )}
      </div>
      <p class="visually-hidden" aria-live="polite">{said}</p>
      <p class="hint">
        {mode === "draw"
          ? "Click: node. Drag from a node: edge. Click a node or an edge to change it."
          : "Drag nodes, or the background."}
        <span class="keys"> Keys: <kbd>N</kbd> node, <kbd>E</kbd> edge, arrows choose, <kbd>Del</kbd> removes.</span>
      </p>
    </div>
  );
}

/** Brings what is drawn up to date, keeping the elements that stay. */
function sync(cy: Core, wanted: ElementDefinition[]): void {
  const ids = new Set(wanted.map((element) => element.data.id as string));
  for (const element of cy.elements()) if (!ids.has(element.id())) element.remove();
  const added: ElementDefinition[] = [];
  for (const element of wanted) {
    const found = cy.getElementById(element.data.id as string);
    if (found.empty()) added.push(element);
    else found.data({ ...element.data });
  }
  cy.add(added);
}

/** Mouse and touch. */
function listen(cy: Core, now: () => Props): void {
  let from: string | null = null;
  let moved = false;
  const drawing = () => cy.scratch("mode") !== "move";
  const clear = () => {
    cy.getElementById(GHOST).remove();
    from = null;
    cy.userPanningEnabled(true);
  };
  cy.on("tapstart", () => {
    moved = false; // also where the last drag ended without a tap
  });
  cy.on("tapstart", "node", (event: EventObject) => {
    if (!drawing()) return;
    from = event.target.data("key") as string;
    cy.userPanningEnabled(false);
  });
  cy.on("tapdrag", (event: EventObject) => {
    if (from === null) return;
    const start = cy.getElementById(`n${from}`).position();
    if (!moved && Math.hypot(event.position.x - start.x, event.position.y - start.y) < 20) return;
    if (!moved) {
      moved = true;
      cy.add({ group: "nodes", data: { id: GHOST }, position: { ...event.position } });
      cy.add({ group: "edges", data: { id: `${GHOST}-edge`, label: "", source: `n${from}`, target: GHOST } });
    }
    cy.getElementById(GHOST).position({ ...event.position });
  });
  cy.on("tapend", (event: EventObject) => {
    const start = from;
    const target = event.target;
    clear();
    if (start === null || !moved) return;
    const { problem, onChange, onPlaces, onSelect, places } = now();
    if (target !== cy && target.isNode()) {
      onChange(edit.addEdge(problem, start, target.data("key") as string));
      onSelect(null);
    } else {
      const name = edit.freshName(problem);
      onPlaces({ ...places, [keyOf(name)]: { ...event.position } });
      onChange(edit.addEdge(edit.addNode(problem, name), start, keyOf(name)));
    }
  });
  cy.on("tap", (event: EventObject) => {
    const { problem, places, selection, onChange, onPlaces, onSelect } = now();
    const target = event.target;
    if (moved) {
      moved = false;
      return;
    }
    if (target !== cy) {
      const kind = target.isNode() ? "node" : "edge";
      onSelect({ kind, key: target.data("key") as string });
      return;
    }
    if (selection !== null) {
      onSelect(null);
      return;
    }
    if (!drawing()) return;
    const name = edit.freshName(problem);
    onPlaces({ ...places, [keyOf(name)]: { ...event.position } });
    onChange(edit.addNode(problem, name));
  });
  cy.on("dragfree", "node", (event: EventObject) => {
    const { places, onPlaces } = now();
    onPlaces({ ...places, [event.target.data("key") as string]: { ...event.target.position() } });
  });
}

/** The same from the keyboard; whether the key meant something. */
function keyboard(
  event: KeyboardEvent,
  now: Props,
  cy: Core,
  joining: string | null,
  setJoining: (key: string | null) => void,
  say: (text: string) => void,
): boolean {
  const { problem, places, selection, onChange, onPlaces, onSelect } = now;
  const nodes = problem.graph?.nodes ?? [];
  const keys = nodes.map((node) => keyOf(node.id));
  const chosen = selection?.kind === "node" ? selection.key : null;
  const title = (key: string) => nameOf(JSON.parse(key) as edit.Label);
  switch (event.key) {
    case "n":
    case "N": {
      const name = edit.freshName(problem);
      const middle = cy.extent();
      const place = spiral(nodes.length);
      onPlaces({
        ...places,
        [keyOf(name)]: { x: (middle.x1 + middle.x2) / 2 + place.x, y: (middle.y1 + middle.y2) / 2 + place.y },
      });
      onChange(edit.addNode(problem, name));
      onSelect({ kind: "node", key: keyOf(name) });
      say(`Node ${name} added.`);
      return true;
    }
    case "e":
    case "E":
      if (chosen === null) return false;
      setJoining(chosen);
      say(`Edge from ${title(chosen)}: choose the other end with the arrows, then Enter.`);
      return true;
    case "Enter":
      if (joining === null || chosen === null) return false;
      onChange(edit.addEdge(problem, joining, chosen));
      say(`Edge from ${title(joining)} to ${title(chosen)} added.`);
      setJoining(null);
      return true;
    case "Escape":
      setJoining(null);
      onSelect(null);
      return true;
    case "Delete":
    case "Backspace":
      if (selection === null) return false;
      onChange(
        selection.kind === "node"
          ? edit.removeNode(problem, selection.key)
          : edit.removeEdge(problem, selection.key),
      );
      onSelect(null);
      say("Removed.");
      return true;
    case "ArrowRight":
    case "ArrowDown":
    case "ArrowLeft":
    case "ArrowUp": {
      if (keys.length === 0) return false;
      if (event.shiftKey && chosen !== null) {
        const node = cy.getElementById(`n${chosen}`);
        const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key]!;
        const place = { x: node.position().x + NUDGE * by[0]!, y: node.position().y + NUDGE * by[1]! };
        node.position({ ...place });
        onPlaces({ ...places, [chosen]: place });
        return true;
      }
      const step = event.key === "ArrowRight" || event.key === "ArrowDown" ? 1 : -1;
      const at = chosen === null ? (step > 0 ? -1 : 0) : keys.indexOf(chosen);
      const next = keys[(at + step + keys.length) % keys.length]!;
      onSelect({ kind: "node", key: next });
      say(`Node ${title(next)}.`);
      return true;
    }
    default:
      return false;
  }
}
