// Places for nodes: forces in time slices, so that the page never stands still.

import { keyOf, type Graph, type Place, type Places } from "./problem";

const SLICE_MS = 8;
const IDEAL = 90; // length of an edge, px
const WIDTH = 480; // px that a small graph fills
const HEIGHT = 310;

/** A first place on a spiral, which spreads any number of nodes evenly. */
export function spiral(index: number): Place {
  const angle = index * 2.399963;
  const radius = IDEAL * 0.62 * Math.sqrt(index);
  return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
}

/** A ring for a small graph; the spiral for larger ones. */
function first(count: number, index: number): Place {
  if (count > 24) return spiral(index);
  const radius = Math.max(70, (IDEAL * count) / (2 * Math.PI));
  const angle = (2 * Math.PI * index) / count - Math.PI / 2;
  return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
}

export const pause = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

/** Places for all nodes of a graph; `stale` says when nobody waits any more. */
export async function arrange(graph: Graph, stale: () => boolean): Promise<Places | null> {
  const keys = graph.nodes.map((node) => keyOf(node.id));
  const count = keys.length;
  const index = new Map(keys.map((key, i) => [key, i]));
  const x = new Float64Array(count);
  const y = new Float64Array(count);
  keys.forEach((_, i) => {
    const place = first(count, i);
    x[i] = place.x;
    y[i] = place.y;
  });
  const pairs: [number, number][] = [];
  for (const edge of graph.edges) {
    const a = index.get(keyOf(edge.source));
    const b = index.get(keyOf(edge.target));
    if (a !== undefined && b !== undefined && a !== b) pairs.push([a, b]);
  }
  const steps = count > 400 ? 120 : 260;
  let clock = performance.now();
  for (let step = 0; step < steps; step += 1) {
    relax(x, y, pairs, IDEAL * 1.1 * (1 - step / steps) + 1);
    if (performance.now() - clock > SLICE_MS) {
      await pause();
      if (stale()) return null;
      clock = performance.now();
    }
  }
  return fitted(keys, x, y);
}

/** Places lying down rather than standing, and of a small graph as large as the frame. */
function fitted(keys: string[], x: Float64Array, y: Float64Array): Places {
  const span = (values: Float64Array) => Math.max(...values) - Math.min(...values);
  const [across, down] = span(x) < span(y) ? [y, x] : [x, y];
  const room = Math.min(WIDTH / (span(across) || 1), HEIGHT / (span(down) || 1));
  const factor = keys.length > 60 ? 1 : Math.min(1.2, Math.max(0.55, room));
  const places: Places = {};
  keys.forEach((key, i) => {
    places[key] = { x: Math.round(across[i]! * factor), y: Math.round(down[i]! * factor) };
  });
  return places;
}

/** One step: nodes of neighbouring cells repel, edges pull, none moves more than `most`. */
function relax(x: Float64Array, y: Float64Array, pairs: [number, number][], most: number): void {
  const count = x.length;
  const dx = new Float64Array(count);
  const dy = new Float64Array(count);
  const cell = IDEAL * 2.4;
  const cells = new Map<string, number[]>();
  for (let i = 0; i < count; i += 1) {
    const name = `${Math.floor(x[i]! / cell)},${Math.floor(y[i]! / cell)}`;
    const found = cells.get(name);
    if (found === undefined) cells.set(name, [i]);
    else found.push(i);
  }
  for (let i = 0; i < count; i += 1) {
    const cx = Math.floor(x[i]! / cell);
    const cy = Math.floor(y[i]! / cell);
    for (let u = cx - 1; u <= cx + 1; u += 1) {
      for (let v = cy - 1; v <= cy + 1; v += 1) {
        for (const j of cells.get(`${u},${v}`) ?? []) {
          if (j === i) continue;
          let ox = x[i]! - x[j]!;
          const oy = y[i]! - y[j]!;
          if (ox === 0 && oy === 0) ox = i < j ? -1 : 1;
          const square = Math.max(ox * ox + oy * oy, 25);
          const force = (IDEAL * IDEAL) / square;
          dx[i] = dx[i]! + ox * force;
          dy[i] = dy[i]! + oy * force;
        }
      }
    }
    dx[i] = dx[i]! - x[i]! * 0.04;
    dy[i] = dy[i]! - y[i]! * 0.04;
  }
  for (const [a, b] of pairs) {
    const ox = x[a]! - x[b]!;
    const oy = y[a]! - y[b]!;
    const force = Math.hypot(ox, oy) / IDEAL;
    dx[a] = dx[a]! - ox * force;
    dy[a] = dy[a]! - oy * force;
    dx[b] = dx[b]! + ox * force;
    dy[b] = dy[b]! + oy * force;
  }
  for (let i = 0; i < count; i += 1) {
    const length = Math.hypot(dx[i]!, dy[i]!) || 1;
    const step = Math.min(length, most) / length;
    x[i] = x[i]! + dx[i]! * step;
    y[i] = y[i]! + dy[i]! * step;
  }
}
