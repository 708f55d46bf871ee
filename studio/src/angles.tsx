// QAOA's angles by hand: sliders, the energy's map at p = 1, and what changes at once.

import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "./api";
import type { AnglesAnswer, Facts } from "./api";
import { Bars, HeatMap, Scale } from "./charts";
import type { ProblemData } from "./problem";
import { amount, percent, shots } from "./text";

const MOST_LAYERS = 5;

export function Angles(props: { problem: ProblemData; facts: Facts | null; start: number[] | null; onTheta: (theta: number[]) => void }) {
  const { problem, facts } = props;
  const begun = props.start !== null && props.start.length <= 2 * MOST_LAYERS ? props.start : null;
  const [theta, setTheta] = useState<number[] | null>(begun);
  const [layers, setLayers] = useState(begun === null ? 1 : begun.length / 2);
  const [answer, setAnswer] = useState<AnglesAnswer | null>(null);
  const [map, setMap] = useState<AnglesAnswer["landscape"] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const busy = useRef(false);
  const next = useRef<{ layers: number; theta: number[] | null } | null>(null);
  const possible = facts?.sliders === true;

  // One request at a time; of those that come meanwhile, the last.
  const ask = async (wanted: { layers: number; theta: number[] | null }) => {
    next.current = wanted;
    if (busy.current) return;
    busy.current = true;
    try {
      while (next.current !== null) {
        const now: { layers: number; theta: number[] | null } = next.current;
        next.current = null;
        const found = await api.post<AnglesAnswer>("/studio/angles", { problem, ...now });
        setAnswer(found);
        setFailure(null);
        props.onTheta(found.theta);
        if (now.theta === null && next.current === null) setTheta(found.theta);
      }
    } catch (error) {
      setFailure(api.sentence(error));
    } finally {
      busy.current = false;
    }
  };
  useEffect(() => {
    if (!possible) return;
    void ask({ layers, theta });
    api
      .post<AnglesAnswer>("/studio/angles", { problem, layers: 1, landscape: 41 })
      .then((found) => setMap(found.landscape ?? null), (error: unknown) => setFailure(api.sentence(error)));
  }, [possible]);

  if (facts === null) return <p class="empty">A problem comes first.</p>;
  if (!facts.diagonal) return <p class="empty">QAOA’s angles are for problems whose Hamiltonian is of Z alone; this one has X or Y in it.</p>;
  if (!possible) return <p class="empty">Angles can be tried out up to 12 qubits; this problem has {facts.n_qubits.toLocaleString("en")}.</p>;
  const change = (values: number[]) => {
    setTheta(values);
    void ask({ layers, theta: values });
  };
  const name = (i: number) => (i < layers ? `γ${layers > 1 ? ` ${i + 1}` : ""}` : `β${layers > 1 ? ` ${i - layers + 1}` : ""}`);
  return (
    <div class="angles">
      <div class="row">
        <label class="field narrow">
          <span>Layers</span>
          <select
            value={layers}
            onChange={(event) => {
              const wanted = Number(event.currentTarget.value);
              setLayers(wanted);
              setTheta(null);
              void ask({ layers: wanted, theta: null });
            }}
          >
            {Array.from({ length: MOST_LAYERS }, (_, i) => <option key={i} value={i + 1}>{i + 1}</option>)}
          </select>
        </label>
        <button type="button" onClick={() => void ask({ layers, theta: null })}>Angles of the table</button>
      </div>
      {failure !== null && <p class="failure" role="alert">{failure}</p>}
      <div class="sliders">
        {(theta ?? []).map((value, i) => (
          <label key={name(i)}>
            <span>{name(i)}</span>
            <input
              type="range"
              min={i < layers ? Math.min(0, value) : -1.6}
              max={i < layers ? Math.max(3.2, value) : 1.6}
              step="0.005"
              value={value}
              onInput={(event) => change(theta!.map((old, k) => (k === i ? Number(event.currentTarget.value) : old)))}
            />
            <output>{value.toFixed(3)}</output>
          </label>
        ))}
      </div>
      {answer !== null && (
        <>
          <dl class="figures" aria-live="polite">
            <div><dt>P(optimum)</dt><dd data-testid="angles-p">{percent(answer.p_optimal)}</dd></div>
            <div><dt>Shots to optimum</dt><dd>{shots(answer.shots_to_optimum)}</dd></div>
            <div><dt>Approximation ratio</dt><dd>{amount(answer.approximation_ratio)}</dd></div>
          </dl>
          <Scale energy={answer.energy} low={answer.e_min} high={answer.e_max} marks={[["guessing", 0]]} />
        </>
      )}
      {map !== null && map !== undefined && (
        <HeatMap
          {...map}
          at={layers === 1 && theta !== null ? [theta[0]!, theta[1]!] : null}
          onPick={(gamma, beta) => {
            setLayers(1);
            setTheta([gamma, beta]);
            void ask({ layers: 1, theta: [gamma, beta] });
          }}
        />
      )}
      {answer?.bars != null && <Bars bars={answer.bars.slice(0, 10)} chosen={-1} onChoose={() => undefined} />}
    </div>
  );
}
