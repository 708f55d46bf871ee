// Everything to be taken away: texts, pictures, the report, the command, a link.

import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "./api";
import type { Candidate, Result, Texts } from "./api";
import { linkTo } from "./link";
import { pictures, saveText, savePicture } from "./save";
import type { ProblemData } from "./problem";
import type { Asked } from "./write";

const quoted = (text: string): string => (/^[\w.:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** The command line that does the run again. */
export function commandOf(asked: Asked): string {
  const parts = ["quasar generate --problem problem.json", `--model ${quoted(asked.model)}`];
  if (asked.algorithm !== "") parts.push(`--algorithm ${asked.algorithm}`);
  if (asked.layers.trim() !== "") parts.push(`--layers ${quoted(asked.layers.trim())}`);
  if (asked.samples.trim() !== "") parts.push(`--samples ${quoted(asked.samples.trim())}`);
  if (asked.seed.trim() !== "" && asked.seed.trim() !== "0") parts.push(`--seed ${quoted(asked.seed.trim())}`);
  if (asked.refine) parts.push("--refine");
  if (asked.model !== "designer" && asked.withQaoa) parts.push("--with-qaoa");
  else if (asked.model !== "designer") parts.push("--without-qaoa");
  if (asked.device.trim() !== "") parts.push(`--device ${quoted(asked.device.trim())}`);
  return parts.join(" ");
}

/** The same in Python. */
export function pythonOf(asked: Asked): string {
  const wanted = [
    ...(asked.algorithm === "" ? [] : [`"algorithm": "${asked.algorithm}"`]),
    ...(asked.layers.trim() === "" ? [] : [`"layers": ${asked.layers.trim()}`]),
  ];
  const seed = asked.seed.trim() === "" ? "0" : asked.seed.trim();
  const designer = asked.model === "designer";
  const settings = designer ? [...wanted, `"seed": ${seed}`] : wanted;
  const lines = ["import quasar", "", "found = quasar.generate(", '    "problem.json",', `    model="${asked.model}",`];
  if (settings.length > 0) lines.push(`    ${designer ? "settings" : "request"}={${settings.join(", ")}},`);
  if (!designer) lines.push(`    sampling={"seed": ${seed}},`);
  if (asked.samples.trim() !== "") lines.push(`    samples=${asked.samples.trim()},`);
  if (asked.refine) lines.push(`    refine={"seed": ${seed}},`);
  if (asked.withQaoa && !designer) lines.push("    with_qaoa=True,");
  if (asked.device.trim() !== "") lines.push(`    device="${asked.device.trim()}",`);
  return [...lines, ")", "print(found)", ""].join("\n");
}

function Copied({ text, name }: { text: string; name: string }) {
  const [done, setDone] = useState("Copy");
  const shown = useRef<HTMLPreElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone("Copied");
    } catch {
      // Browsers refuse it to pages that come by http from another machine.
      getSelection()?.selectAllChildren(shown.current!);
      setDone("Ctrl+C");
    }
    setTimeout(() => setDone("Copy"), 1500);
  };
  return (
    <div class="copied">
      <pre ref={shown} tabIndex={0} aria-label={name}>{text}</pre>
      <button type="button" onClick={() => void copy()}>{done}<span class="visually-hidden"> {name}</span></button>
    </div>
  );
}

const FORMS: [keyof Texts["texts"], string, string][] = [
  ["qasm3", "OpenQASM 3", "circuit.qasm"],
  ["qasm2", "OpenQASM 2", "circuit2.qasm"],
  ["qiskit", "Qiskit", "circuit_qiskit.py"],
  ["pennylane", "PennyLane", "circuit_pennylane.py"],
];

const saveJson = (name: string, value: unknown, indent = 2): void => saveText(name, `${JSON.stringify(value, null, indent)}\n`);

export function TakeAway(props: {
  problem: ProblemData;
  run: { problem: ProblemData; asked: Asked } | null;
  asked: Asked;
  candidate: Candidate | null;
  result: Result | null;
}) {
  const { problem, run, candidate, result } = props;
  const asked = run?.asked ?? props.asked;
  const changed = run !== null && run.problem !== problem;
  const [texts, setTexts] = useState<Texts | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [form, setForm] = useState<keyof Texts["texts"]>("qasm3");
  const [link, setLink] = useState<string | null>("");
  useEffect(() => void linkTo(problem).then(setLink), [problem]);
  useEffect(() => {
    setTexts(null);
    setFailure(null);
    if (candidate === null || candidate.qasm === "") return;
    api.post<Texts>("/studio/export", { qasm: candidate.qasm }).then(setTexts, (error: unknown) => setFailure(api.sentence(error)));
  }, [candidate?.qasm]);
  const chosen = FORMS.find(([name]) => name === form)!;
  const text = texts?.texts[form] ?? null;
  return (
    <div class="take">
      <section>
        <h2>Link to the problem</h2>
        <p class="hint">The problem stands in the link itself, behind the #, which no browser sends to a server.</p>
        {link === null ? <p class="note">This problem is too large for a link: save its file.</p> : <Copied text={link} name="link" />}
        <div class="row tools">
          <button type="button" onClick={() => saveJson("problem.json", problem, 1)}>Problem file</button>
        </div>
      </section>
      {changed && <p class="note">The problem has changed since the run. What follows is of the problem as it was then.</p>}
      {run !== null && (
        <section>
          <h2>The run</h2>
          <div class="row tools">
          {changed && <button type="button" onClick={() => saveJson("problem.json", run.problem, 1)}>Problem file of the run</button>}
          {result !== null && <button type="button" onClick={() => saveJson("report.json", result.report)}>Report of the run (JSON)</button>}
          {result?.compiled != null && <button type="button" onClick={() => saveText("compiled.qasm", result.compiled!)}>Compiled for {result.device} (QASM)</button>}
          {candidate !== null && <button type="button" onClick={() => saveJson("circuit_report.json", candidate.report)}>Report of the circuit (JSON)</button>}
          </div>
        </section>
      )}
      {candidate === null ? (
        <p class="empty">With a circuit there is more to take away.</p>
      ) : (
        <>
          <section>
            <h2>Circuit: {candidate.name}</h2>
            {failure !== null && <p class="failure" role="alert">{failure}</p>}
            <div class="row" role="group" aria-label="Form">
              {FORMS.map(([name, title]) => <button key={name} type="button" aria-pressed={form === name} onClick={() => setForm(name)}>{title}</button>)}
            </div>
            {text !== null && (
              <>
                <Copied text={text} name={chosen[1]} />
                <button type="button" onClick={() => saveText(chosen[2], text)}>Save {chosen[2]}</button>
              </>
            )}
            {texts !== null && text === null && <p class="note">{texts.reasons[form]}</p>}
          </section>
          <section>
            <h2>Pictures</h2>
            <div class="row">
              {pictures(candidate).map(([kind, title]) => (
                <span key={kind} class="pair">
                  {title}
                  <button type="button" onClick={() => void savePicture(candidate, kind, "svg")}>SVG</button>
                  <button type="button" onClick={() => void savePicture(candidate, kind, "png")}>PNG</button>
                </span>
              ))}
            </div>
          </section>
        </>
      )}
      <section>
        <h2>The same from the command line</h2>
        <p class="hint">With the problem file beside it, as problem.json.</p>
        <Copied text={commandOf(asked)} name="command" />
        <h2>The same in Python</h2>
        <Copied text={pythonOf(asked)} name="Python" />
      </section>
    </div>
  );
}
