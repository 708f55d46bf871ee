// The page: the problem on the left, what is done with it on the right.

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "./api";
import type { About, Candidate, Facts, ProblemType, Result } from "./api";
import { Angles } from "./angles";
import { GraphEditor, type Selection } from "./editor";
import { Attributes, Chosen, FactsView, Lists } from "./form";
import { fromLink, toBase64 } from "./link";
import * as edit from "./problem";
import { emptyProblem, isEditable, type Places, type ProblemData } from "./problem";
import { TakeAway } from "./take";
import { words } from "./text";
import { Ranking, Verdict, distinct } from "./verdict";
import { Verify } from "./verify";
import { DEFAULTS, WriteForm, requestOf, type Asked, type Progress } from "./write";

type Tab = "write" | "angles" | "verify" | "take";
const TABS: [Tab, string][] = [["write", "Circuits"], ["angles", "Angles"], ["verify", "Verify"], ["take", "Take away"]];
const UNDO = 60;
const WAIT_MS = 200;

export function App() {
  const [about, setAbout] = useState<About | null>(null);
  const [broken, setBroken] = useState<string | null>(null);
  useEffect(() => {
    api.get<About>("/studio/about").then(setAbout, (error: unknown) => setBroken(api.sentence(error)));
  }, []);
  if (about === null) {
    return (
      <main class="waiting">
        <h1>Quasar studio</h1>
        {broken === null ? <p class="quiet">One moment …</p> : <Key failure={broken} />}
      </main>
    );
  }
  return <Studio about={about} />;
}

/** Where the service wants an API key. */
function Key({ failure }: { failure: string }) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget).get("key");
        sessionStorage.setItem("quasar-key", String(given));
        location.reload();
      }}
    >
      <p class="failure" role="alert">{failure}</p>
      {failure.includes("API key") && (
        <label class="field">
          <span>API key</span>
          <input name="key" type="password" autocomplete="off" />
          <button type="submit">Open</button>
        </label>
      )}
    </form>
  );
}

/** The problem with its places, and what was there before. */
function useProblem() {
  const [problem, setProblem] = useState<ProblemData>(emptyProblem);
  const [places, setPlaces] = useState<Places>({});
  const past = useRef<ProblemData[]>([]);
  const change = useCallback((next: ProblemData) => {
    setProblem((old) => {
      if (next === old) return old;
      past.current = [...past.current.slice(-UNDO), old];
      return next;
    });
  }, []);
  const undo = useCallback(() => {
    const before = past.current.pop();
    if (before !== undefined) setProblem(before);
  }, []);
  return { problem, places, change, setPlaces, undo };
}

/** What the server says of a problem, a moment after it has changed. */
function useFacts(problem: ProblemData, about: About) {
  const [facts, setFacts] = useState<Facts | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    const graph = problem.graph;
    if (graph !== undefined && graph.nodes?.length === 0) {
      setFacts(null);
      setFailure(null);
      return undefined;
    }
    const stop = new AbortController();
    const clock = setTimeout(() => {
      api
        .post<{ facts: Facts }>("/studio/read", { problem, models: about.models }, stop.signal)
        .then((answer) => {
          setFacts(answer.facts);
          setFailure(null);
        })
        .catch((error: unknown) => {
          if (stop.signal.aborted) return;
          setFacts(null);
          setFailure(api.sentence(error));
        });
    }, WAIT_MS);
    return () => {
      clearTimeout(clock);
      stop.abort();
    };
  }, [problem, about]);
  return { facts, failure };
}

function deviceOf(row: Candidate | undefined): Partial<Candidate> {
  const found: Partial<Candidate> = {};
  if (row?.on_device != null) found.on_device = row.on_device;
  if (row?.obstacle !== undefined) found.obstacle = row.obstacle;
  return found;
}

/** A run: candidates as they come, and its end. */
function useRun() {
  const [candidates, setCandidates] = useState<Candidate[]>([]);
  const [result, setResult] = useState<Result | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const name = useRef("");

  const start = useCallback(async (problem: ProblemData, asked: Asked): Promise<Candidate[]> => {
    const found: Candidate[] = [];
    name.current = crypto.randomUUID();
    setCandidates([]);
    setResult(null);
    setFailure(null);
    const begun = performance.now();
    const state: Progress = { text: "starting", count: 0, seconds: 0, cancelling: false };
    const tick = () => setProgress((old) => ({
      ...(old ?? state), text: state.text, count: found.length, seconds: (performance.now() - begun) / 1000,
    }));
    tick();
    const clock = setInterval(tick, 500);
    try {
      let ended = false;
      for await (const event of api.events({ run: name.current, problem, ...requestOf(asked) })) {
        if (event.event === "step") state.text = event.text;
        else if (event.event === "candidate") {
          found.push(event.candidate);
          setCandidates([...found]);
        } else if (event.event === "done") {
          ended = true;
          setResult(event.result);
          // What a device makes of a circuit is measured once all are there.
          const rows = new Map(event.result.ranking.map((row) => [row.name, row]));
          const there = found.map((candidate) => ({ ...candidate, ...deviceOf(rows.get(candidate.name)) }));
          setCandidates(there);
        } else if (event.event === "failed") {
          ended = true;
          setFailure(api.sentence(new Error(event.error.message)));
        } else {
          ended = true;
          setFailure(found.length === 0 ? "Stopped before there was a circuit." : null);
        }
        tick();
      }
      if (!ended) setFailure("The server ended in the middle of the run. What was verified is shown.");
    } catch (error) {
      setFailure(api.sentence(error));
    } finally {
      clearInterval(clock);
      setProgress(null);
    }
    return found;
  }, []);

  const cancel = useCallback(() => {
    setProgress((old) => (old === null ? null : { ...old, cancelling: true }));
    api.post("/studio/cancel", { run: name.current }).catch((error: unknown) => setFailure(api.sentence(error)));
  }, []);

  const clear = useCallback(() => {
    setCandidates([]);
    setResult(null);
    setFailure(null);
  }, []);
  return { candidates, result, progress, failure, start, cancel, clear };
}

function Studio({ about }: { about: About }) {
  const { problem, places, change, setPlaces, undo } = useProblem();
  const { facts, failure } = useFacts(problem, about);
  const run = useRun();
  const [asked, setAsked] = useState<Asked>({ ...DEFAULTS, model: about.models[0] ?? "designer" });
  const [tab, setTab] = useState<Tab>("write");
  const [shown, setShown] = useState<string | null>(null);
  const [beside, setBeside] = useState<string | null>(null);
  const [stated, setStated] = useState<ProblemData | null>(null);

  useEffect(() => {
    void fromLink(location.hash).then((found) => {
      if (found !== null) change(found);
    });
  }, []);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const writing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select") !== null;
      if ((event.ctrlKey || event.metaKey) && event.key === "z" && !writing) {
        event.preventDefault();
        undo();
      }
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, [undo]);

  const rows = useMemo(() => distinct(run.candidates, run.result), [run.candidates, run.result]);
  const best = rows[0]?.candidate ?? null;
  const at = run.candidates.find((candidate) => candidate.name === shown) ?? best;
  const other = run.candidates.find((candidate) => candidate.name === beside) ?? null;
  const start = () => {
    setShown(null);
    setBeside(null);
    setStated(problem);
    void run.start(problem, asked);
  };

  return (
    <div class="page">
      <header>
        <h1>Quasar <span>studio</span></h1>
        <p class="quiet">Draw a problem, have circuits written, look at the verdict. All on this machine. Version {about.version}</p>
      </header>
      <main>
        <ProblemPanel
          about={about}
          problem={problem}
          places={places}
          facts={facts}
          failure={failure}
          onChange={change}
          onPlaces={setPlaces}
          onUndo={undo}
        />
        <section class="panel work" aria-label="What to do with it">
          <Tabs tab={tab} onTab={setTab} />
          <div role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`} tabIndex={-1}>
            {tab === "write" && (
              <>
                <WriteForm
                  about={about}
                  asked={asked}
                  facts={facts}
                  progress={run.progress}
                  failure={run.failure}
                  onAsked={setAsked}
                  onStart={start}
                  onCancel={run.cancel}
                />
                <Ranking
                  candidates={run.candidates}
                  result={run.result}
                  shown={at?.name ?? null}
                  beside={beside}
                  onShow={setShown}
                  onBeside={setBeside}
                />
                {run.result?.interrupted === true && <p class="note">Stopped early: this is what there was.</p>}
                {run.result !== null && run.result.lost.map((why) => <p key={why} class="note">An answer is missing: {why}</p>)}
                {at !== null && stated !== null && stated !== problem && <p class="note">The problem has changed since these circuits were written.</p>}
                {at !== null && (
                  <div class={other === null ? "verdicts" : "verdicts two"}>
                    <Verdict key={at.name} candidate={at} result={run.result} places={places} />
                    {other !== null && other !== at && <Verdict key={`b${other.name}`} candidate={other} result={null} places={places} />}
                  </div>
                )}
                {at === null && run.progress === null && (
                  <p class="empty">{facts === null ? "A problem comes first: draw one, or take an example." : "Circuits and their verdicts appear here."}</p>
                )}
              </>
            )}
            {tab === "angles" && <Angles key={JSON.stringify(problem)} problem={problem} facts={facts} start={at?.theta ?? null} />}
            {tab === "verify" && <Verify about={about} problem={problem} facts={facts} places={places} start={at?.qasm ?? ""} />}
            {tab === "take" && <TakeAway problem={stated ?? problem} asked={asked} candidate={at} result={run.result} />}
          </div>
        </section>
      </main>
    </div>
  );
}

function Tabs({ tab, onTab }: { tab: Tab; onTab: (tab: Tab) => void }) {
  const turn = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const names = TABS.map(([name]) => name);
    const next = names[(names.indexOf(tab) + step + names.length) % names.length]!;
    onTab(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Work" onKeyDown={turn}>
      {TABS.map(([name, title]) => (
        <button
          key={name}
          id={`tab-${name}`}
          type="button"
          role="tab"
          aria-selected={tab === name}
          aria-controls={`panel-${name}`}
          tabIndex={tab === name ? 0 : -1}
          onClick={() => onTab(name)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

function ProblemPanel(props: {
  about: About;
  problem: ProblemData;
  places: Places;
  facts: Facts | null;
  failure: string | null;
  onChange: (problem: ProblemData) => void;
  onPlaces: (places: Places) => void;
  onUndo: () => void;
}) {
  const { about, problem, places, facts, failure, onChange, onPlaces } = props;
  const [selection, setSelection] = useState<Selection | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const [notes, setNotes] = useState<string[]>([]);
  const [over, setOver] = useState(false);
  const [prompt, setPrompt] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const type = about.types.find((t) => t.problem_type === problem.problem_type) ?? unknownType(problem);
  const editable = isEditable(problem) && type.graph !== "hypergraph";

  const take = (next: ProblemData, more: string[] = []) => {
    setSelection(null);
    setSaid(null);
    setNotes(more);
    onPlaces({});
    onChange(next);
  };
  const read = async (body: Record<string, unknown>) => {
    try {
      const answer = await api.post<{ problem: ProblemData; facts: Facts }>("/studio/read", body);
      take(answer.problem, answer.facts.notes);
    } catch (error) {
      setSaid(api.sentence(error));
    }
  };
  const readFile = async (dropped: File) => {
    const content = toBase64(new Uint8Array(await dropped.arrayBuffer()));
    await read({ name: dropped.name, content_base64: content, problem_type: problem.problem_type });
  };
  const chooseType = async (name: string) => {
    try {
      const answer = await api.get<{ problems: ProblemType[] }>(`/v1/problems?problem_type=${encodeURIComponent(name)}`);
      const next = edit.asType(problem, answer.problems[0]!);
      if (next.graph === undefined || !isEditable(problem)) onPlaces({});
      setSelection(null);
      setSaid(null);
      setNotes([]);
      onChange(next);
    } catch (error) {
      setSaid(api.sentence(error));
    }
  };
  const common = { problem, type, selection, onChange, onSelect: setSelection };

  return (
    <section
      class={over ? "panel problem over" : "panel problem"}
      aria-label="Problem"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const dropped = event.dataTransfer?.files[0];
        if (dropped !== undefined) void readFile(dropped);
      }}
    >
      <div class="row">
        <label class="field grow">
          <span>Problem</span>
          <select value={problem.problem_type} onChange={(event) => void chooseType(event.currentTarget.value)}>
            {!about.types.some((t) => t.problem_type === problem.problem_type) && <option>{problem.problem_type}</option>}
            {about.types.map((t) => <option key={t.problem_type} value={t.problem_type}>{words(t.problem_type)}</option>)}
          </select>
        </label>
        <label class="field grow">
          <span>Example</span>
          <select
            value=""
            onChange={(event) => {
              const found = about.examples.find((example) => example.name === event.currentTarget.value);
              if (found !== undefined) take(found.problem);
            }}
          >
            <option value="">choose …</option>
            {about.examples.map((example) => <option key={example.name} value={example.name} title={example.about}>{example.name}</option>)}
          </select>
        </label>
      </div>
      <div class="row tools">
        <input ref={file} type="file" hidden data-testid="file" onChange={(event) => {
          const chosen = event.currentTarget.files?.[0];
          if (chosen !== undefined) void readFile(chosen);
          event.currentTarget.value = "";
        }} />
        <button type="button" onClick={() => file.current!.click()}>Open file</button>
        <button type="button" onClick={props.onUndo} title="Ctrl+Z">Undo</button>
        <button type="button" onClick={() => take({ ...emptyProblem() })}>Clear</button>
      </div>
      <p class="quiet title">{type.title}</p>
      {said !== null && <p class="failure" role="alert">{said}</p>}
      {notes.map((note) => <p key={note} class="note">{note}</p>)}
      {editable ? (
        <>
          <GraphEditor {...common} places={places} onPlaces={onPlaces} />
          <Chosen {...common} />
          {type.graph === "undirected or directed" && (
            <label class="check">
              <input type="checkbox" checked={problem.graph?.directed === true} onChange={(event) => onChange(edit.setDirected(problem, event.currentTarget.checked))} /> Edges have a direction
            </label>
          )}
          <Attributes {...common} />
          <Lists {...common} />
        </>
      ) : (
        <Attributes {...common} />
      )}
      <FactsView
        facts={facts}
        failure={failure}
        encoding={problem.encoding}
        onEncoding={(encoding) => onChange({ ...problem, encoding })}
      />
      <details>
        <summary>In words</summary>
        <label class="field">
          <span>A prompt that names the problem, its graph and the number of qubits is optional</span>
          <textarea rows={4} value={prompt} placeholder="Maximum cut on a graph with edges [(0, 1), (1, 2), (2, 0)]" onInput={(event) => setPrompt(event.currentTarget.value)} />
        </label>
        <button type="button" disabled={prompt.trim() === ""} onClick={() => void read({ prompt })}>Read it</button>
      </details>
    </section>
  );
}

const unknownType = (problem: ProblemData): ProblemType => ({
  problem_type: problem.problem_type, title: "", sense: "min", objective: "", solution: "", qubits: "",
  encodings: [], graph: isEditable(problem) ? "undirected" : null, fields: [], attributes: {}, nodes: {},
  edges: {}, required: [], defaults: {}, template: null,
});
