// The problem's panel: its type, where it comes from, the graph and the form, what the server says.

import { useRef, useState } from "preact/hooks";
import * as api from "./api";
import type { About, Facts, ProblemType } from "./api";
import { GraphEditor, type Selection } from "./editor";
import { Attributes, Chosen, FactsView, Lists } from "./form";
import { toBase64 } from "./link";
import * as edit from "./problem";
import { emptyProblem, isEditable, type Places, type ProblemData } from "./problem";
import { words } from "./text";

const EXAMPLE = 'Maximum cut of the graph with edges [("Ann", "Bob"), ("Bob", "Cat"), ("Cat", "Ann")]';
const MOST_FILE = 2.9e6; // bytes: in base64 they must fit into a request
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** What there is to say of a problem, as long as it stays as it is. */
interface Told {
  problem: ProblemData;
  failure: string | null;
  notes: string[];
}

export function ProblemPanel(props: {
  about: About;
  problem: ProblemData;
  places: Places;
  facts: Facts | null;
  failure: string | null;
  undoable: boolean;
  onChange: (problem: ProblemData) => void;
  onPlaces: (places: Places) => void;
  onUndo: () => void;
}) {
  const { about, problem, places, facts, failure, onChange, onPlaces } = props;
  const [selection, setSelection] = useState<Selection | null>(null);
  const [told, setTold] = useState<Told | null>(null);
  const [over, setOver] = useState(false);
  const [prompt, setPrompt] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const type = about.types.find((t) => t.problem_type === problem.problem_type) ?? unknownType(problem);
  const editable = isEditable(problem) && type.graph !== "hypergraph";

  const take = (next: ProblemData, more: string[] = []) => {
    setSelection(null);
    setTold({ problem: next, failure: null, notes: more });
    onPlaces({});
    onChange(next);
  };
  const fail = (why: string) => setTold({ problem, failure: why, notes: [] });
  const read = async (body: Record<string, unknown>) => {
    try {
      const answer = await api.post<{ problem: ProblemData; facts: Facts }>("/studio/read", body);
      take(answer.problem, answer.facts.notes);
    } catch (error) {
      fail(api.sentence(error));
    }
  };
  const readFile = async (dropped: File) => {
    if (dropped.size > MOST_FILE) {
      fail(`${dropped.name} has ${megabytes(dropped.size)}, and files of up to ${megabytes(MOST_FILE)} are read here: quasar generate --problem takes larger ones.`);
      return;
    }
    const content = toBase64(new Uint8Array(await dropped.arrayBuffer()));
    await read({ name: dropped.name, content_base64: content, problem_type: problem.problem_type });
  };
  const chooseType = async (name: string) => {
    try {
      const answer = await api.get<{ problems: ProblemType[] }>(`/v1/problems?problem_type=${encodeURIComponent(name)}`);
      const next = edit.asType(problem, answer.problems[0]!);
      if (next.graph === undefined || !isEditable(problem)) onPlaces({});
      setSelection(null);
      setTold(null);
      onChange(next);
    } catch (error) {
      fail(api.sentence(error));
    }
  };
  // What was said of another problem does not count any more.
  const said = told?.problem === problem ? told : null;
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
        <button type="button" disabled={!props.undoable} onClick={props.onUndo} title="Ctrl+Z">Undo</button>
        <button type="button" onClick={() => take({ ...emptyProblem() })}>Clear</button>
      </div>
      <p class="quiet title">{type.title}</p>
      {said?.failure != null && <p class="failure" role="alert">{said.failure}</p>}
      {(said?.notes ?? []).map((note) => <p key={note} class="note">{note}</p>)}
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
          <span>Which problem, and its edges</span>
          <textarea rows={4} value={prompt} placeholder={EXAMPLE} onInput={(event) => setPrompt(event.currentTarget.value)} />
        </label>
        <div class="row tools">
          <button type="button" disabled={prompt.trim() === ""} onClick={() => void read({ prompt })}>Read it</button>
          <button type="button" onClick={() => setPrompt(EXAMPLE)}>Show an example</button>
        </div>
        <p class="hint">The edges stand in brackets, as in the example; a third entry of an edge is its weight.</p>
      </details>
    </section>
  );
}

const unknownType = (problem: ProblemData): ProblemType => ({
  problem_type: problem.problem_type, title: "", sense: "min", objective: "", solution: "", qubits: "",
  encodings: [], graph: isEditable(problem) ? "undirected" : null, fields: [], attributes: {}, nodes: {},
  edges: {}, required: [], defaults: {}, template: null,
});
