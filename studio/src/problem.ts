// The content of a problem file as the page changes it: pure functions, a new object each.

import type { ProblemType } from "./api";

export type Label = string | number | Label[];
export type Node = { id: Label; [key: string]: unknown };
export type Edge = { source: Label; target: Label; [key: string]: unknown };

export interface Graph {
  directed?: boolean;
  multigraph?: boolean;
  nodes: Node[];
  edges: Edge[];
  [key: string]: unknown;
}

export interface ProblemData {
  problem_type: string;
  graph?: Graph;
  problem_specific_attributes?: Record<string, unknown>;
  encoding?: string;
  [key: string]: unknown;
}

export type Place = { x: number; y: number };
export type Places = Record<string, Place>;

/** A node's name as a key, as the server writes it too. */
export const keyOf = (label: Label): string => JSON.stringify(label);

export function nameOf(label: Label): string {
  return Array.isArray(label) ? `(${label.map(nameOf).join(", ")})` : String(label);
}

export const edgeKey = (edge: Edge): string => `${keyOf(edge.source)}→${keyOf(edge.target)}`;

export const isEditable = (problem: ProblemData): boolean =>
  problem.graph !== undefined && Array.isArray(problem.graph.nodes) && Array.isArray(problem.graph.edges);

export const emptyProblem = (): ProblemData => ({
  problem_type: "maxcut",
  graph: { nodes: [], edges: [] },
});

function withGraph(problem: ProblemData, change: Partial<Graph>): ProblemData {
  const graph = { ...(problem.graph ?? { nodes: [], edges: [] }), ...change };
  const next: ProblemData = { ...problem, graph };
  // These belong to the graph as it was.
  delete next["number_of_qubits"];
  delete next["cost_hamiltonian"];
  delete next["circuit_with_params"];
  return next;
}

/** The lowest whole number that names no node. */
export function freshName(problem: ProblemData): number {
  const taken = new Set((problem.graph?.nodes ?? []).map((node) => String(node.id)));
  let name = 0;
  while (taken.has(String(name))) name += 1;
  return name;
}

export function addNode(problem: ProblemData, id: Label): ProblemData {
  return withGraph(problem, { nodes: [...(problem.graph?.nodes ?? []), { id }] });
}

const joins = (edge: Edge, a: string, b: string, directed: boolean): boolean =>
  (keyOf(edge.source) === a && keyOf(edge.target) === b) ||
  (!directed && keyOf(edge.source) === b && keyOf(edge.target) === a);

export function findEdge(problem: ProblemData, a: string, b: string): Edge | undefined {
  const graph = problem.graph;
  return graph?.edges.find((edge) => joins(edge, a, b, graph.directed === true));
}

/** With an edge between two nodes; as it is where there is one, or for a loop. */
export function addEdge(problem: ProblemData, a: string, b: string): ProblemData {
  if (a === b || findEdge(problem, a, b) !== undefined) return problem;
  const edge = { source: JSON.parse(a) as Label, target: JSON.parse(b) as Label };
  return withGraph(problem, { edges: [...(problem.graph?.edges ?? []), edge] });
}

export function removeNode(problem: ProblemData, key: string): ProblemData {
  const graph = problem.graph;
  if (graph === undefined) return problem;
  return withGraph(problem, {
    nodes: graph.nodes.filter((node) => keyOf(node.id) !== key),
    edges: graph.edges.filter((e) => keyOf(e.source) !== key && keyOf(e.target) !== key),
  });
}

export function removeEdge(problem: ProblemData, key: string): ProblemData {
  const edges = problem.graph?.edges ?? [];
  return withGraph(problem, { edges: edges.filter((edge) => edgeKey(edge) !== key) });
}

/** A node renamed everywhere; null where the name is taken. */
export function renameNode(problem: ProblemData, key: string, id: Label): ProblemData | null {
  const graph = problem.graph;
  if (graph === undefined || keyOf(id) === key) return problem;
  if (graph.nodes.some((node) => String(node.id) === String(id))) return null;
  const named = (label: Label): Label => (keyOf(label) === key ? id : label);
  return withGraph(problem, {
    nodes: graph.nodes.map((node) => ({ ...node, id: named(node.id) })),
    edges: graph.edges.map((e) => ({ ...e, source: named(e.source), target: named(e.target) })),
  });
}

function withField<T extends object>(item: T, field: string, value: number | null): T {
  const next = { ...item } as Record<string, unknown>;
  if (value === null) delete next[field];
  else next[field] = value;
  return next as T;
}

export function setNodeField(
  problem: ProblemData, key: string, field: string, value: number | null,
): ProblemData {
  const nodes = problem.graph?.nodes ?? [];
  return withGraph(problem, {
    nodes: nodes.map((node) => (keyOf(node.id) === key ? withField(node, field, value) : node)),
  });
}

export function setEdgeField(
  problem: ProblemData, key: string, field: string, value: number | null,
): ProblemData {
  const edges = problem.graph?.edges ?? [];
  return withGraph(problem, {
    edges: edges.map((edge) => (edgeKey(edge) === key ? withField(edge, field, value) : edge)),
  });
}

export function turnEdge(problem: ProblemData, key: string): ProblemData {
  const edges = problem.graph?.edges ?? [];
  return withGraph(problem, {
    edges: edges.map((e) => (edgeKey(e) === key ? { ...e, source: e.target, target: e.source } : e)),
  });
}

export const setDirected = (problem: ProblemData, directed: boolean): ProblemData =>
  withGraph(problem, { directed });

export function setAttribute(problem: ProblemData, name: string, value: unknown): ProblemData {
  const attributes = { ...(problem.problem_specific_attributes ?? {}) };
  if (value === undefined) delete attributes[name];
  else attributes[name] = value;
  return { ...problem, problem_specific_attributes: attributes };
}

/** The same graph as another problem, with what that reads; what it lacks comes from its template. */
export function asType(problem: ProblemData, type: ProblemType): ProblemData {
  const template = type.template;
  if (template === null) return { problem_type: type.problem_type };
  const drawable = type.graph !== null && type.graph !== "hypergraph";
  if (!drawable || !isEditable(problem)) return template;
  const old = problem.graph as Graph;
  const given = type.required.includes("graph");
  if (old.nodes.length === 0 && !given) return template;
  const graph: Graph = {
    ...old,
    nodes: old.nodes.map((node) => ({ id: node.id, ...kept(node, type.nodes, type.required) })),
    edges: old.edges.map((edge) => ({
      source: edge.source, target: edge.target, ...kept(edge, type.edges, type.required),
    })),
  };
  if (type.graph === "directed") graph.directed = true;
  if (type.graph === "undirected") graph.directed = false;
  const before = problem.problem_specific_attributes ?? {};
  const attributes: Record<string, unknown> = {};
  for (const name of Object.keys(type.attributes)) {
    if (!given || !type.required.includes(name)) continue; // or the graph says it already
    const value = NAMING.includes(name)
      ? onGraph(name, graph, before[name])
      : (before[name] ?? simple(template.problem_specific_attributes?.[name]));
    if (value !== undefined) attributes[name] = value;
  }
  const next: ProblemData = { problem_type: type.problem_type, graph };
  if (Object.keys(attributes).length > 0) next.problem_specific_attributes = attributes;
  return next;
}

const NUMBERS = ["weight", "capacity", "distance", "demand"];

/** The numbers of a node or an edge that a type reads; under its own name for what they are. */
function kept(item: Node | Edge, read: Record<string, string>, required: string[]): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const names = Object.keys(read);
  for (const name of names) {
    const own = item[name] ?? NUMBERS.map((other) => item[other]).find((value) => value !== undefined);
    if (own !== undefined) found[name] = own;
    else if (required.includes(name)) found[name] = 1;
  }
  return found;
}

/** A number of a template; anything that names nodes would not fit another graph. */
const simple = (value: unknown): unknown =>
  typeof value === "number" && Number.isInteger(value) ? value : undefined;

const FIRST = ["source", "start_node", "node", "depot"];
const LAST = ["sink", "end_node"];
const NAMING = [...FIRST, ...LAST, "autoisomorphic_graph"];

/** What names a node, or repeats the graph: as it was where it fits this graph. */
function onGraph(name: string, graph: Graph, before: unknown): unknown {
  if (name === "autoisomorphic_graph") {
    return graph.nodes.length === 0 ? undefined : { nodes: graph.nodes, edges: graph.edges };
  }
  const { nodes } = graph;
  if (before !== undefined && nodes.some((node) => keyOf(node.id) === JSON.stringify(before))) return before;
  return (FIRST.includes(name) ? nodes[0] : nodes[nodes.length - 1])?.id;
}

/** A value from elsewhere as a problem that the page can show; null where it is none. */
export function asProblem(value: unknown): ProblemData | null {
  if (!isObject(value) || typeof value["problem_type"] !== "string") return null;
  const attributes = value["problem_specific_attributes"];
  if (attributes !== undefined && !isObject(attributes)) return null;
  const graph = value["graph"];
  if (isObject(graph) && ("nodes" in graph || "edges" in graph)) {
    const { nodes, edges } = graph;
    if (!Array.isArray(nodes) || !nodes.every((node) => isObject(node) && isLabel(node["id"]))) return null;
    const ends = (edge: unknown) => isObject(edge) && isLabel(edge["source"]) && isLabel(edge["target"]);
    if (edges !== undefined && !(Array.isArray(edges) && edges.every(ends))) return null;
    if (new Set(nodes.map((node: Node) => keyOf(node.id))).size < nodes.length) return null;
  }
  return value as ProblemData;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isLabel = (value: unknown): boolean =>
  typeof value === "string" || Number.isFinite(value) || (Array.isArray(value) && value.every(isLabel));
