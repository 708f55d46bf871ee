// What was measured of one circuit, beside what else there is.

import { useState } from "preact/hooks";
import type { Candidate, Result } from "./api";
import { AnswerView } from "./answer";
import { Bars, Curve, Histogram, Scale } from "./charts";
import { Circuit } from "./circuit";
import type { Places } from "./problem";
import { amount, clipped, percent, shots, solution } from "./text";

/** The verdict in one line, and whether it is good. */
export function headline(candidate: Candidate): [string, "good" | "fair" | "bad"] {
  const { report } = candidate;
  if (!report.feasible) return ["This circuit cannot be used", "bad"];
  const { ground_energy: ground, energy_error: error } = report;
  if (ground !== null) return [`Ground energy ${amount(ground)}, error ${amount(error)}`, (error ?? 1) < 1e-2 ? "good" : "fair"];
  if (report.estimates !== null) {
    const best = report.estimates.samples?.best;
    return [best === undefined ? "Estimated" : `Best of the samples: ${amount(best.objective ?? best.energy)}`, "fair"];
  }
  if (report.top_is_optimal === true) return ["The most probable answer is optimal", "good"];
  if ((report.p_optimal ?? 0) > 0) return ["The optimum is among the answers, not the most probable one", "fair"];
  return ["The optimum is never measured", "bad"];
}

function Figures({ candidate }: { candidate: Candidate }) {
  const { report } = candidate;
  const size = report.quality?.statistics ?? report.estimates?.statistics ?? null;
  const acting = report.quality?.effective ?? null;
  const rows: [string, string, string?][] = [];
  const { estimates } = report;
  if (estimates === null) {
    if (report.p_optimal !== null) {
      rows.push(["P(optimum)", percent(report.p_optimal), "Probability that one measurement shows an optimal answer"]);
      rows.push(["Shots to optimum", shots(report.shots_to_optimum), "Measurements after which an optimum has been seen with probability 0.99"]);
    }
    if (report.approximation_ratio !== null) rows.push(["Approximation ratio", amount(report.approximation_ratio), "1: all measurements have the lowest energy"]);
    if (report.ground_space_fidelity !== null) rows.push(["Fidelity", amount(report.ground_space_fidelity)]);
  } else {
    const { samples, optimum } = estimates;
    if (samples !== null && samples.p_best_known !== null) {
      const p = samples.p_best_known;
      rows.push(["P(best known)", `${percent(p.value)} (${percent(p.low)} to ${percent(p.high)})`, `Of ${samples.shots} simulated shots, with the 95% interval`]);
    }
    if (optimum !== null) rows.push([optimum.status === "proven" ? "Optimum (proven)" : "Best known", amount(optimum.objective), optimum.method ?? ""]);
    if (estimates.ratio_low !== null) rows.push(["Approximation ratio", estimates.ratio_low === estimates.ratio_high ? amount(estimates.ratio_low) : `${amount(estimates.ratio_low)} to ${amount(estimates.ratio_high)}`]);
    rows.push(["Mean energy", `${amount(estimates.energy)}${estimates.energy_error > 0 ? ` ± ${amount(estimates.energy_error, 2)}` : ""}`, `${estimates.energy_known}, by ${estimates.energy_by}`]);
  }
  if (report.solutions?.p_feasible != null) rows.push(["P(valid)", percent(report.solutions.p_feasible), "Probability of an answer that obeys every constraint"]);
  if (size !== null) {
    const spare = acting !== null && acting.gates < size.gates ? ` (${acting.gates} have an effect)` : "";
    rows.push(["Gates", `${amount(size.gates)}${spare}`]);
    rows.push(["On two qubits", amount(size.two_qubit_gates)]);
    rows.push(["Depth", amount(size.depth)]);
  }
  if (report.quality?.entanglement != null) rows.push(["Entanglement", amount(report.quality.entanglement, 3), "Meyer-Wallach measure, 0 to 1"]);
  return (
    <dl class="figures">
      {rows.map(([name, value, help]) => (
        <div key={name} title={help}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Noise({ candidate }: { candidate: Candidate }) {
  const { report, on_device: there } = candidate;
  if (candidate.obstacle !== undefined) return <p class="note">The device cannot run it: {candidate.obstacle}</p>;
  const device = report.device;
  const rows: [string, string, string][] = [];
  let title = "";
  let more = "";
  if (device !== null) {
    title = device.device ?? "noise";
    rows.push(["P(optimum)", percent(device.ideal.p_optimal), percent(device.noisy.p_optimal)]);
    rows.push(["Shots to optimum", shots(device.ideal.shots_to_optimum), shots(device.noisy.shots_to_optimum)]);
    rows.push(["Energy", amount(device.ideal.energy), amount(device.noisy.energy)]);
    if (device.compiled !== null) more = `Compiled: ${device.compiled.two_qubit_gates} gates on two qubits, depth ${device.compiled.depth}.`;
  } else if (there !== null && there !== undefined) {
    title = there.device;
    rows.push(["P(optimum)", percent(report.p_optimal), percent(there.p_optimal)]);
    rows.push(["Shots to optimum", shots(report.shots_to_optimum), shots(there.shots_to_optimum)]);
    rows.push(["Approximation ratio", amount(report.approximation_ratio), amount(there.approximation_ratio)]);
    rows.push(["Gates on two qubits", amount(report.quality?.statistics?.two_qubit_gates), amount(there.two_qubit_gates)]);
    rows.push(["Depth", amount(report.quality?.statistics?.depth), amount(there.depth)]);
    more = `${amount(there.duration_s * 1e6, 3)} µs long; estimated success ${percent(there.esp)}; simulated by ${there.simulated_by}.`;
  } else return null;
  return (
    <section>
      <h2>On {title}</h2>
      <table class="small">
        <thead><tr><th scope="col">Figure</th><th scope="col">ideal</th><th scope="col">compiled, with noise</th></tr></thead>
        <tbody>{rows.map(([name, a, b]) => <tr key={name}><th scope="row">{name}</th><td>{a}</td><td>{b}</td></tr>)}</tbody>
      </table>
      <p class="hint">{more}</p>
    </section>
  );
}

/** Guessing and classical search, which any circuit is to be held against. */
function Classical({ result }: { result: Result }) {
  const found = result.comparison;
  if (found === null) return null;
  return (
    <section>
      <h2>Without a quantum computer</h2>
      <table class="small">
        <tbody>
          {found.classical.map((row) => (
            <tr key={row.method}>
              <th scope="row">{row.method === "exact" ? "All bit strings looked at" : "Greedy"}</th>
              <td>{amount(row.objective)}{row.optimal ? " ★" : ""}{row.feasible === false ? " ✗" : ""}</td>
              <td>{amount(row.elapsed_ms, 2)} ms</td>
            </tr>
          ))}
          <tr>
            <th scope="row">Guessing bit strings</th>
            <td>{percent(found.uniform.p_optimal)} optimal</td>
            <td>{shots(found.uniform.shots_to_optimum)} shots</td>
          </tr>
        </tbody>
      </table>
    </section>
  );
}

export function Verdict(props: { candidate: Candidate; result: Result | null; places: Places }) {
  const { candidate, result, places } = props;
  const { report, view } = candidate;
  const [bar, setBar] = useState(0);
  const [words, mood] = headline(candidate);
  const answer = view.answers[Math.min(bar, view.answers.length - 1)] ?? null;
  const bars = view.bars;
  const samples = report.estimates?.samples ?? null;
  const low = report.optimum?.e_min ?? report.estimates?.e_min ?? null;
  const high = report.optimum?.e_max ?? report.estimates?.e_max ?? null;
  const energy = report.energy ?? report.estimates?.energy ?? null;
  const told = bars?.[bar] ?? samples?.best ?? null;
  const state = stateOf(candidate);
  return (
    <article class="verdict" aria-label={`Verdict on ${candidate.name}`}>
      <p class={`headline ${mood}`}>{words}</p>
      {report.fault !== null && (
        <p class="failure">
          {report.fault.message}
          {report.fault.line !== null && ` (line ${report.fault.line}${report.fault.column === null ? "" : `, column ${report.fault.column}`})`}
          {report.fault.hint !== null && <> {report.fault.hint}</>}
        </p>
      )}
      {state !== null && state !== "entangled" && report.problem.n_qubits > 1 && (
        <p class="note">The state is {state === "product" ? "not entangled" : "hardly entangled"}: it is a classical answer written as gates.</p>
      )}
      <Figures candidate={candidate} />
      {(answer !== null || told !== null) && (
        <section>
          <h2>Answer</h2>
          {told !== null && <p class="solution">{solution(told.solution)}</p>}
          {answer !== null && <AnswerView answer={answer} places={places} />}
        </section>
      )}
      {bars !== null && bars.length > 0 && (
        <section>
          <h2>Measurements</h2>
          <Bars bars={bars} rest={view.rest} chosen={bar} onChoose={setBar} />
        </section>
      )}
      {samples !== null && <Histogram rows={samples.histogram} shots={samples.shots} />}
      {energy !== null && low !== null && high !== null && high > low && (
        <section>
          <h2>Mean energy</h2>
          <Scale energy={energy} low={low} high={high} marks={report.estimates === null ? [["guessing", 0]] : []} />
        </section>
      )}
      {view.circuit !== null && (
        <section>
          <h2>Circuit</h2>
          <Circuit circuit={view.circuit} />
        </section>
      )}
      {candidate.trace.length > 1 && (
        <section>
          <h2>Optimisation of the angles</h2>
          <Curve values={candidate.trace} low={low ?? undefined} label="Energy" />
        </section>
      )}
      <Noise candidate={candidate} />
      {result !== null && <Classical result={result} />}
      {result?.recursive != null && (
        <section>
          <h2>Recursive QAOA</h2>
          <p class="solution">
            Objective {amount(result.recursive.objective ?? result.recursive.energy)}: {clipped(solution(result.recursive.solution), 400)}
          </p>
        </section>
      )}
      {report.remarks.length > 0 && (
        <section>
          <h2>Remarks</h2>
          <ul class="remarks">{report.remarks.map((remark) => <li key={remark}>{remark}</li>)}</ul>
        </section>
      )}
    </article>
  );
}

/** What the final state is; near product as the ranking counts it (docs/results.md). */
export function stateOf(candidate: Candidate): string | null {
  const quality = candidate.report.quality;
  if (quality === null || (quality.product_state === null && quality.entanglement === null)) return null;
  if (quality.product_state === true) return "product";
  return (quality.entanglement ?? 1) < 1e-3 ? "near product" : "entangled";
}

/** Equal circuits once, the best of the ranking first. */
export function distinct(candidates: Candidate[], result: Result | null): { candidate: Candidate; times: number }[] {
  const order = new Map((result?.ranking ?? []).map((row, i) => [row.name, i]));
  const sorted = result === null ? candidates : [...candidates].sort((a, b) => (order.get(a.name) ?? 1e9) - (order.get(b.name) ?? 1e9));
  const rows = new Map<string, { candidate: Candidate; times: number }>();
  for (const candidate of sorted) {
    const found = rows.get(candidate.qasm);
    if (found === undefined || candidate.qasm === "") rows.set(candidate.qasm || candidate.name, { candidate, times: 1 });
    else found.times += 1;
  }
  return [...rows.values()];
}

export function Ranking(props: {
  candidates: Candidate[];
  result: Result | null;
  shown: string | null;
  beside: string | null;
  onShow: (name: string) => void;
  onBeside: (name: string | null) => void;
}) {
  const rows = distinct(props.candidates, props.result);
  if (rows.length === 0) return null;
  const device = rows.some(({ candidate }) => candidate.on_device != null);
  const states = rows.map(({ candidate }) => stateOf(candidate));
  const stated = states.some((state) => state !== null) && rows[0]!.candidate.report.problem.n_qubits > 1;
  const classical = stated && props.result !== null && states.some((state) => state !== null && state !== "entangled");
  return (
    <>
    <div class="scroll" tabIndex={0} role="region" aria-label="Circuits, best first">
      <table class="ranking">
        <caption class="visually-hidden">Circuits{props.result === null ? "" : ", best first"}</caption>
        <thead>
          <tr>
            <th scope="col">Circuit</th>
            {stated && <th scope="col">State</th>}
            <th scope="col">P(opt)</th>
            <th scope="col">Shots</th>
            {device && <th scope="col">with noise</th>}
            <th scope="col">2-qubit</th>
            <th scope="col">Depth</th>
            <th scope="col">Compare</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ candidate, times }) => {
            const { report } = candidate;
            const size = report.quality?.statistics ?? report.estimates?.statistics ?? null;
            const p = report.p_optimal ?? report.estimates?.samples?.p_best_known?.value ?? null;
            return (
              <tr key={candidate.name} class={candidate.name === props.shown ? "shown" : undefined}>
                <th scope="row">
                  <button type="button" class="plain" aria-pressed={candidate.name === props.shown} onClick={() => props.onShow(candidate.name)}>
                    {candidate.name}
                  </button>
                  {times > 1 && <small> {times} times</small>}
                  {candidate.out_of_time && <small> cut short</small>}
                </th>
                {report.feasible ? (
                  <>
                    {stated && <td>{stateOf(candidate) ?? "–"}</td>}
                    <td>{report.energy_error !== null ? `ΔE ${amount(report.energy_error, 2)}` : percent(p)}</td>
                    <td>{report.estimates === null && report.energy_error === null ? shots(report.shots_to_optimum) : "–"}</td>
                    {device && <td>{percent(candidate.on_device?.p_optimal)}</td>}
                    <td>{amount(size?.two_qubit_gates)}</td>
                    <td>{amount(size?.depth)}</td>
                  </>
                ) : (
                  <td colSpan={(device ? 5 : 4) + (stated ? 1 : 0)} class="quiet">cannot be used</td>
                )}
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Compare with ${candidate.name}`}
                    checked={candidate.name === props.beside}
                    disabled={candidate.name === props.shown}
                    onChange={(event) => props.onBeside(event.currentTarget.checked ? candidate.name : null)}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
    {classical && rows.length > 1 && (
      <p class="hint">Circuits that entangle come first. A product state, or one near it, is a classical answer written as gates, and stands below however few shots it takes.</p>
    )}
    </>
  );
}
