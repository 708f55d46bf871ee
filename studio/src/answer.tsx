// A solution on the graph, or as piles.

import { useEffect, useState } from "preact/hooks";
import type { Answer, LegendEntry, Overlay, Stacks } from "./api";
import { arrange } from "./layout";
import type { Label, Place, Places } from "./problem";
import { amount, clipped, opened } from "./text";
import { GROUPS, ON_GROUPS } from "./theme";

const isStacks = (answer: Answer): answer is Stacks => "stacks" in answer;

export function AnswerView({ answer, places }: { answer: Answer; places: Places }) {
  return isStacks(answer) ? <Piles answer={answer} /> : <OnGraph overlay={answer} places={places} />;
}

/** The user's own places where every node has one, else new ones. */
function usePlaces(overlay: Overlay, places: Places): Places | null {
  const known = overlay.nodes.every((node) => places[node.key] !== undefined);
  const [made, setMade] = useState<Places | null>(null);
  const drawn = overlay.nodes.map((node) => node.key).join("|");
  useEffect(() => {
    if (known) return undefined;
    let stale = false;
    const graph = {
      nodes: overlay.nodes.map((node) => ({ id: JSON.parse(node.key) as Label })),
      edges: overlay.edges.map((edge) => ({
        source: JSON.parse(edge.source) as Label,
        target: JSON.parse(edge.target) as Label,
      })),
    };
    void arrange(graph, () => stale).then((found) => {
      if (!stale) setMade(found);
    });
    return () => {
      stale = true;
    };
  }, [drawn, known]);
  return known ? places : made;
}

function OnGraph({ overlay, places }: { overlay: Overlay; places: Places }) {
  const found = usePlaces(overlay, places);
  if (found === null) return <p class="quiet">Arranging …</p>;
  const at = (key: string): Place => found[key] ?? { x: 0, y: 0 };
  const xs = overlay.nodes.map((node) => at(node.key).x);
  const ys = overlay.nodes.map((node) => at(node.key).y);
  const many = overlay.nodes.length > 150;
  const radius = many ? 7 : 17;
  const pad = many ? 24 : 46;
  const span = (values: number[], least: number): [number, number] => {
    const [low, high] = [Math.min(...values) - pad, Math.max(...values) + pad];
    const more = Math.max(0, least - (high - low)) / 2;
    return [low - more, high - low + 2 * more];
  };
  const [left, width] = span(xs, 420);
  const [top, height] = span(ys, 150);
  const arrows = overlay.edges.some((edge) => edge.arrow);
  return (
    <figure class="answer">
      <svg
        data-picture="answer"
        viewBox={`${left} ${top} ${width} ${height}`}
        style={{ maxHeight: "340px" }}
        role="img"
        aria-label={`${overlay.title}. ${overlay.nodes.length} nodes, ${overlay.edges.filter((edge) => edge.strong).length} edges marked.`}
      >
        {arrows && (
          <defs>
            <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">
              <path class="ink-text" d="M0 0 8 4 0 8Z" />
            </marker>
          </defs>
        )}
        {overlay.edges.map((edge, i) => {
          const [a, b] = [at(edge.source), at(edge.target)];
          const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
          const cut = edge.arrow ? radius + 3 : 0;
          const x2 = b.x - ((b.x - a.x) / length) * cut;
          const y2 = b.y - ((b.y - a.y) / length) * cut;
          const kind = edge.wrong ? "edge wrong" : edge.strong ? "edge strong" : "edge";
          return (
            <g key={i}>
              <line class={kind} x1={a.x} y1={a.y} x2={x2} y2={y2} marker-end={edge.arrow ? "url(#head)" : undefined} />
              {edge.label !== null && !many && (
                <text class="edge-label" x={(a.x + b.x) / 2} y={(a.y + b.y) / 2 + 4}>{edge.label}</text>
              )}
            </g>
          );
        })}
        {overlay.nodes.map((node) => {
          const place = at(node.key);
          const inside = !many && node.name.length <= 3;
          const group = node.group === null ? undefined : node.group % GROUPS.length;
          if (node.junction) return <circle key={node.key} class="ink-text" cx={place.x} cy={place.y} r="4" />;
          return (
            <g key={node.key}>
              <title>{node.name}{node.note === null ? "" : ` (${node.note})`}{node.wrong ? ": breaks a constraint" : ""}</title>
              <circle
                class={node.wrong ? "node wrong" : "node"}
                cx={place.x}
                cy={place.y}
                r={inside ? radius : Math.min(radius, 10)}
                fill={group === undefined ? undefined : GROUPS[group]}
              />
              {inside && <text class="node-name" x={place.x} y={place.y + 4} fill={group === undefined ? undefined : ON_GROUPS[group]}>{node.name}</text>}
              {!inside && !many && <text class="node-name outside" x={place.x} y={place.y + 24}>{clipped(node.name, 16)}</text>}
              {node.note !== null && !many && <text class="node-name outside" x={place.x} y={place.y + (inside ? 31 : 37)}>{clipped(node.note, 18)}</text>}
            </g>
          );
        })}
      </svg>
      <figcaption>
        {opened(overlay.title)}
        <Legend entries={overlay.legend} />
      </figcaption>
    </figure>
  );
}

function Legend({ entries }: { entries: LegendEntry[] }) {
  if (entries.length === 0) return null;
  return (
    <ul class="legend">
      {entries.map((entry) => (
        <li key={entry.text}>
          <svg viewBox="0 0 20 12" width="20" height="12" aria-hidden="true">
            {entry.group !== null ? (
              <circle cx="10" cy="6" r="5" fill={GROUPS[entry.group % GROUPS.length]} />
            ) : entry.junction ? (
              <circle class="ink-text" cx="10" cy="6" r="3" />
            ) : (
              <line class={entry.wrong ? "edge wrong" : "edge strong"} x1="0" x2="20" y1="6" y2="6" />
            )}
          </svg>
          {entry.text}
        </li>
      ))}
    </ul>
  );
}

function Piles({ answer }: { answer: Stacks }) {
  const total = (parts: [string, number][]) => parts.reduce((sum, part) => sum + Math.abs(part[1]), 0);
  const most = Math.max(...answer.stacks.map((stack) => total(stack.parts)), answer.limit ?? 0, 1e-9);
  const height = 190;
  const width = 90;
  const scale = (value: number) => (Math.abs(value) / most) * height;
  return (
    <figure class="answer">
      <svg
        data-picture="answer"
        viewBox={`0 0 ${answer.stacks.length * width + 20} ${height + 40}`}
        style={{ maxHeight: "300px" }}
        role="img"
        aria-label={`${answer.title}. ${answer.stacks.map((stack) => `${stack.name}: ${stack.parts.map((part) => part[0]).join(", ") || "nothing"}`).join("; ")}`}
      >
        {answer.stacks.map((stack, i) => {
          let y = height + 10;
          return (
            <g key={stack.name} class={stack.aside ? "idle" : undefined}>
              {stack.parts.map(([name, size], k) => {
                const h = scale(size);
                y -= h;
                return (
                  <g key={name}>
                    <title>{`${name}: ${amount(size)}`}</title>
                    <rect class="pile" x={10 + i * width + 8} y={y} width={width - 16} height={Math.max(h, 1)} fill={GROUPS[k % GROUPS.length]} />
                    {h > 13 && <text class="node-name" x={10 + i * width + width / 2} y={y + h / 2 + 4} fill={ON_GROUPS[k % ON_GROUPS.length]}>{clipped(name, 11)}</text>}
                  </g>
                );
              })}
              <text class={stack.wrong ? "node-name outside wrong" : "node-name outside"} x={10 + i * width + width / 2} y={height + 28}>{clipped(stack.name, 13)}</text>
            </g>
          );
        })}
        {answer.limit !== null && (
          <line class="edge wrong" x1="4" x2={answer.stacks.length * width + 16} y1={height + 10 - scale(answer.limit)} y2={height + 10 - scale(answer.limit)} />
        )}
      </svg>
      <figcaption>{opened(answer.title)}{answer.limit !== null && `; the line is the limit, ${answer.unit} ${amount(answer.limit)}`}.</figcaption>
    </figure>
  );
}
