// Anybody's circuit for the problem: an editor with line numbers and marks where it is wrong.

import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "./api";
import type { About, Candidate, Facts, Fault, Report, View } from "./api";
import type { Places, ProblemData } from "./problem";
import { Verdict } from "./verdict";
import { deviceFault } from "./write";

export function CodeEditor(props: { text: string; fault: Fault | null; onText: (text: string) => void }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = props.text.split("\n");
  const wrong = props.fault?.line ?? null;
  const column = props.fault?.column ?? null;
  useEffect(() => {
    if (wrong === null || area.current === null) return;
    const row = area.current.scrollHeight / Math.max(lines.length, 1);
    if ((wrong - 1) * row < area.current.scrollTop || wrong * row > area.current.scrollTop + area.current.clientHeight) {
      area.current.scrollTop = Math.max(0, (wrong - 4) * row);
    }
  }, [wrong]);
  return (
    <div class="code">
      <div class="gutter" ref={gutter} aria-hidden="true">
        {lines.map((_, i) => <div key={i} class={wrong === i + 1 ? "wrong" : undefined}>{i + 1}</div>)}
      </div>
      <textarea
        ref={area}
        aria-label="Circuit in OpenQASM"
        aria-invalid={props.fault !== null}
        aria-describedby={props.fault === null ? undefined : "fault"}
        spellcheck={false}
        autocapitalize="off"
        wrap="off"
        rows={14}
        value={props.text}
        placeholder={'OPENQASM 3.0;\ninclude "stdgates.inc";\n…'}
        onInput={(event) => props.onText(event.currentTarget.value)}
        onScroll={(event) => {
          gutter.current!.scrollTop = event.currentTarget.scrollTop;
        }}
      />
      {props.fault !== null && wrong !== null && (
        <div class="marked" data-testid="marker">
          <code>
            {(lines[wrong - 1] ?? "").slice(0, Math.max(0, (column ?? 1) - 1))}
            <mark>{(lines[wrong - 1] ?? "").slice(Math.max(0, (column ?? 1) - 1)) || " "}</mark>
          </code>
          <button
            type="button"
            onClick={() => {
              const place = lines.slice(0, wrong - 1).join("\n").length + (wrong > 1 ? 1 : 0) + (column ?? 1) - 1;
              area.current!.focus();
              area.current!.setSelectionRange(place, place);
            }}
          >
            Line {wrong}{column !== null && `, column ${column}`}
          </button>
        </div>
      )}
    </div>
  );
}

export function Verify(props: {
  about: About;
  problem: ProblemData;
  facts: Facts | null;
  places: Places;
  start: string;
}) {
  const [own, setOwn] = useState<string | null>(null); // null: the run's best, as long as it is untouched
  const text = own ?? props.start;
  const [device, setDevice] = useState("");
  const [found, setFound] = useState<Candidate | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const count = useRef(0);
  const file = useRef<HTMLInputElement>(null);
  const seen = `${text}\n${device}`;
  useEffect(() => {
    setFound(null);
    setFailure(null);
  }, [seen, props.problem]);
  const unknown = deviceFault(device, props.about, props.facts?.n_qubits ?? 0);
  const check = async () => {
    const asked = ++count.current;
    setBusy(true);
    try {
      const named = device.trim() === "" ? null : device.trim();
      const answer = await api.post<{ report: Report; view: View; qasm: string }>("/studio/examine", {
        problem: props.problem, qasm: text, device: named,
      });
      if (asked !== count.current) return;
      setFound({
        name: "your circuit", origin: "yours", qasm: answer.qasm, feasible: answer.report.feasible,
        fault: answer.report.fault?.message ?? null, layers: null, theta: null, trace: [],
        out_of_time: false, report: answer.report, view: answer.view,
      });
      setFailure(null);
    } catch (error) {
      if (asked !== count.current) return;
      setFound(null);
      setFailure(api.sentence(error));
    } finally {
      if (asked === count.current) setBusy(false);
    }
  };
  return (
    <div
      class="verify"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        const dropped = event.dataTransfer?.files[0];
        if (dropped === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        void dropped.text().then(setOwn);
      }}
    >
      <p class="quiet">Any OpenQASM circuit, pasted, dropped or opened, is judged for the problem.</p>
      <CodeEditor
        text={text}
        fault={found?.report.fault ?? null}
        onText={setOwn}
      />
      <div class="row">
        <button type="button" class="primary" disabled={busy || props.facts === null || unknown !== null || text.trim() === ""} onClick={() => void check()}>Verify</button>
        <label class="field">
          <span>Under the noise of</span>
          <input list="devices-verify" placeholder="no device" value={device} onInput={(event) => setDevice(event.currentTarget.value)} />
          <datalist id="devices-verify">{props.about.devices.map((name) => <option key={name} value={name} />)}</datalist>
        </label>
        <input ref={file} type="file" hidden onChange={(event) => {
          void event.currentTarget.files?.[0]?.text().then(setOwn);
          event.currentTarget.value = "";
        }} />
        <button type="button" onClick={() => file.current!.click()}>Open file</button>
        {own !== null && props.start !== "" && <button type="button" onClick={() => setOwn(null)}>The circuit of the run</button>}
        <p class="progress" role="status">{busy ? "measuring …" : ""}</p>
      </div>
      {props.facts === null && text.trim() !== "" && <p class="note">A problem comes first, which the circuit is judged for.</p>}
      {unknown !== null && <p class="failure" role="alert">{unknown}</p>}
      {failure !== null && <p class="failure" role="alert">{failure}</p>}
      <div id="fault">{found !== null && <Verdict candidate={found} result={null} places={props.places} />}</div>
    </div>
  );
}
