// What the server is asked, and the shapes of its answers.

import type { ProblemData } from "./problem";

export interface ProblemType {
  problem_type: string;
  title: string;
  sense: "min" | "max";
  objective: string;
  solution: string;
  qubits: string;
  encodings: string[];
  graph: "undirected" | "directed" | "undirected or directed" | "hypergraph" | null;
  fields: string[];
  attributes: Record<string, string>;
  nodes: Record<string, string>;
  edges: Record<string, string>;
  required: string[];
  defaults: Record<string, string>;
  template: ProblemData | null;
}

export interface Example {
  name: string;
  about: string;
  problem: ProblemData;
}

export interface About {
  version: string;
  models: { name: string; max_qubits: number | null }[];
  /** Whether models behind addresses may be named here. */
  endpoints: boolean;
  devices: string[];
  limits: { max_qubits: number; max_seconds: number; sliders: number };
  examples: Example[];
  types: ProblemType[];
}

export interface Facts {
  problem_type: string;
  title: string;
  n_qubits: number;
  encoding: string;
  encodings: string[];
  variables: unknown[];
  terms: number;
  constant: number;
  penalty: number | null;
  hamiltonian: string;
  cut: boolean;
  exact: boolean;
  diagonal: boolean;
  sliders: boolean;
  refused: Record<string, string>;
  notes: string[];
}

export interface State {
  bitstring: string;
  ket: string;
  probability: number | null;
  energy: number;
  optimal: boolean;
  solution: unknown;
  feasible: boolean | null;
  objective: number | null;
}

export interface OverlayNode {
  key: string;
  name: string;
  group: number | null;
  wrong: boolean;
  note: string | null;
  junction: boolean;
}

export interface OverlayEdge {
  source: string;
  target: string;
  strong: boolean;
  wrong: boolean;
  arrow: boolean;
  label: string | null;
}

export interface LegendEntry {
  text: string;
  group: number | null;
  wrong: boolean;
  junction: boolean;
}

export interface Overlay {
  title: string;
  nodes: OverlayNode[];
  edges: OverlayEdge[];
  legend: LegendEntry[];
}

export interface Stacks {
  title: string;
  unit: string;
  limit: number | null;
  stacks: { name: string; parts: [string, number][]; wrong: boolean; aside: boolean }[];
}

export type Answer = Overlay | Stacks;

export interface Item {
  name: string;
  qubits: number[];
  params: number[];
  column: number;
  gates: number;
  idle: boolean;
}

export interface CircuitView {
  n_qubits: number;
  names: Record<string, string>;
  items: Item[];
  columns: number;
  left_out: number;
  measured: number[];
}

export interface View {
  circuit: CircuitView | null;
  bars: State[] | null;
  rest?: { probability: number; optimal: number; states: number };
  answers: (Answer | null)[];
}

export interface Fault {
  kind: string;
  limit: string | null;
  message: string;
  line: number | null;
  column: number | null;
  hint: string | null;
}

export interface Size {
  gates: number;
  two_qubit_gates: number;
  depth: number;
}

export interface Proportion {
  value: number;
  low: number;
  high: number;
}

export interface DeviceFigures {
  energy: number;
  energy_error: number;
  approximation_ratio: number;
  p_optimal: number;
  p_feasible: number | null;
  shots_to_optimum: number | null;
}

export interface DeviceReport {
  device: string | null;
  noise?: string | null;
  ideal: DeviceFigures;
  noisy: DeviceFigures;
  compiled: (Size & { duration_s: number | null; esp: number | null }) | null;
}

export interface Report {
  feasible: boolean;
  fault: Fault | null;
  n_qubits: number | null;
  energy: number | null;
  approximation_ratio: number | null;
  ground_energy: number | null;
  energy_error: number | null;
  ground_space_fidelity: number | null;
  p_optimal: number | null;
  shots_to_optimum: number | null;
  top_is_optimal: boolean | null;
  remarks: string[];
  skipped: Record<string, string>;
  problem: { problem_type: string; n_qubits: number; constant: number };
  optimum: {
    status: string;
    e_min: number;
    e_max: number;
    n_ground_states: number;
    n_feasible: number;
    example: State;
  } | null;
  solutions: { p_feasible: number | null } | null;
  quality: {
    statistics: Size | null;
    effective: Size | null;
    entanglement: number | null;
    product_state: boolean | null;
    basis_state: boolean;
    entropy_bits: number;
    top_states: State[];
  } | null;
  estimates: {
    energy: number;
    energy_error: number;
    energy_known: string;
    energy_by: string;
    note: string | null;
    objective_mean: number | null;
    e_min: number | null;
    e_max: number | null;
    ratio_low: number | null;
    ratio_high: number | null;
    optimum: { status?: string; objective?: number; bound?: number; method?: string } | null;
    statistics: Size | null;
    samples: {
      shots: number;
      best: State;
      p_best_known: Proportion | null;
      p_feasible: Proportion | null;
      histogram: [number, number][];
    } | null;
    samples_note: string | null;
  } | null;
  device: DeviceReport | null;
}

export interface OnDevice {
  device: string;
  two_qubit_gates: number;
  depth: number;
  duration_s: number;
  esp: number;
  energy: number;
  approximation_ratio: number;
  p_optimal: number;
  p_feasible: number | null;
  shots_to_optimum: number | null;
  simulated_by: string;
}

export interface Candidate {
  name: string;
  origin: "designer" | "model" | "polished" | "yours";
  qasm: string;
  feasible: boolean;
  fault: string | null;
  layers: number | null;
  theta: number[] | null;
  trace: number[];
  out_of_time: boolean;
  on_device?: OnDevice | null;
  obstacle?: string;
  report: Report;
  view: View;
}

export interface Classical {
  method: "greedy" | "exact";
  solution: unknown;
  objective: number | null;
  optimal: boolean;
  feasible: boolean | null;
  elapsed_ms: number;
}

export interface Result {
  ranking: Candidate[];
  comparison: {
    uniform: { p_optimal: number; shots_to_optimum: number | null; approximation_ratio: number };
    classical: Classical[];
  } | null;
  recursive: State | null;
  interrupted: boolean;
  reproducible: boolean;
  lost: string[];
  model: string;
  device: string | null;
  compiled: string | null;
  report: unknown;
}

export type RunEvent =
  | { event: "step"; text: string }
  | { event: "curve"; first: number; label: string; energies: number[] }
  | { event: "candidate"; candidate: Candidate }
  | { event: "done"; result: Result }
  | { event: "cancelled" }
  | { event: "failed"; error: { code: string; message: string } };

export interface AnglesAnswer {
  theta: number[];
  qasm: string;
  energy: number;
  e_min: number;
  e_max: number;
  approximation_ratio: number | null;
  p_optimal: number | null;
  shots_to_optimum: number | null;
  bars: State[] | null;
  landscape?: { gammas: number[]; betas: number[]; energies: number[] };
}

export interface Texts {
  texts: Record<"qasm3" | "qasm2" | "qiskit" | "pennylane", string | null>;
  reasons: Record<string, string>;
}

/** A failure in one sentence, as the server says it. */
export class Failed extends Error {}

/** The server is not there. */
export class Lost extends Failed {
  constructor() {
    super(LOST);
  }
}

const LOST = "The server does not answer: it has ended, or the connection broke. What is shown stays; start it again with quasar studio.";

function headers(): Record<string, string> {
  const key = sessionStorage.getItem("quasar-key");
  const own = { "content-type": "application/json" };
  return key === null ? own : { ...own, authorization: `Bearer ${key}` };
}

async function answered(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Lost();
  }
  if (response.ok) return response;
  let message = `The server answered with status ${response.status}.`;
  try {
    message = ((await response.json()) as { error: { message: string } }).error.message;
  } catch {
    // not an answer of the service's own
  }
  throw new Failed(message);
}

export async function get<T>(path: string): Promise<T> {
  return (await answered(path, { headers: headers() })).json() as Promise<T>;
}

export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method: "POST", headers: headers(), body: JSON.stringify(body) };
  if (signal !== undefined) init.signal = signal;
  return (await answered(path, init)).json() as Promise<T>;
}

/** Events of a run, a line each; throws `Failed` where the stream breaks off. */
export async function* events(body: unknown): AsyncGenerator<RunEvent> {
  const response = await answered("/studio/generate", {
    method: "POST",
    headers: headers(),
    body: JSON.stringify(body),
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let left = "";
  for (;;) {
    let part: ReadableStreamReadResult<string>;
    try {
      part = await reader.read();
    } catch {
      throw new Lost();
    }
    if (part.done) return;
    const lines = (left + part.value).split("\n");
    left = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as RunEvent;
  }
}

export function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // A sentence may begin with the name of a file, which is spelled as it is.
  return /^[^\s:]*\.\w+\b/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}
