// The page: the problem on the left, what is done with it on the right.

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "./api";
import type { About, Facts } from "./api";
import { Angles } from "./angles";
import { Curve } from "./charts";
import { fromLink, isLink, linkTo } from "./link";
import { ProblemPanel } from "./panel";
import { emptyProblem, type Places, type ProblemData } from "./problem";
import { useRun } from "./run";
import { TakeAway } from "./take";
import { Ranking, Verdict, distinct } from "./verdict";
import { Verify } from "./verify";
import { DEFAULTS, WriteForm, endpointName, type Asked, type Endpoint } from "./write";

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

const AGAIN_MS = 3000;

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
    if (before === undefined) return;
    setProblem(before);
  }, []);
  return { problem, places, change, setPlaces, undo, undoable: past.current.length > 0 };
}

/**
 * The address holds the problem as it is, so that reloading, going back and bookmarks keep it; another
 * link in the same tab is read too.
 */
function useAddress(problem: ProblemData, take: (problem: ProblemData) => void) {
  const [damaged, setDamaged] = useState(false);
  const asked = useRef(isLink(location.hash));
  useEffect(() => {
    const read = async () => {
      const held = isLink(location.hash);
      const found = held ? await fromLink(location.hash) : null;
      asked.current = false;
      setDamaged(held && found === null);
      if (found !== null) take(found);
    };
    void read();
    const listen = () => void read();
    addEventListener("hashchange", listen);
    return () => removeEventListener("hashchange", listen);
  }, []);
  const seen = useRef(problem);
  useEffect(() => {
    if (seen.current !== problem) setDamaged(false);
    seen.current = problem;
    if (asked.current) return undefined;
    const clock = setTimeout(() => {
      const empty = problem.graph?.nodes?.length === 0 && problem.problem_type === "maxcut";
      if (empty && !isLink(location.hash)) return;
      void (empty ? Promise.resolve(null) : linkTo(problem)).then((link) => {
        history.replaceState(history.state, "", link ?? location.pathname + location.search);
      });
    }, 2 * WAIT_MS);
    return () => clearTimeout(clock);
  }, [problem]);
  return damaged;
}

/** What the server says of a problem, a moment after it has changed; asked again where it is away. */
function useFacts(problem: ProblemData, models: Record<string, number | null>) {
  const [facts, setFacts] = useState<Facts | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const known = JSON.stringify(models);
  useEffect(() => {
    const graph = problem.graph;
    if (graph !== undefined && graph.nodes?.length === 0) {
      setFacts(null);
      setFailure(null);
      return undefined;
    }
    const stop = new AbortController();
    let clock = 0;
    const ask = () => {
      api
        .post<{ facts: Facts }>("/studio/read", { problem, models }, stop.signal)
        .then((answer) => {
          setFacts(answer.facts);
          setFailure(null);
        })
        .catch((error: unknown) => {
          if (stop.signal.aborted) return;
          setFacts(null);
          setFailure(api.sentence(error));
          if (error instanceof api.Lost) clock = setTimeout(ask, AGAIN_MS);
        });
    };
    clock = setTimeout(ask, WAIT_MS);
    return () => {
      clearTimeout(clock);
      stop.abort();
    };
  }, [problem, known]);
  return { facts, failure };
}

function Studio({ about }: { about: About }) {
  const { problem, places, change, setPlaces, undo, undoable } = useProblem();
  const [endpoint, setEndpoint] = useState<Endpoint | null>(null);
  const models: Record<string, number | null> = Object.fromEntries(about.models.map((m) => [m.name, m.max_qubits]));
  if (endpoint !== null) models[endpointName(endpoint)] = null;
  const { facts, failure } = useFacts(problem, models);
  const work = useRun();
  const [asked, setAsked] = useState<Asked>({ ...DEFAULTS, model: about.models[0]?.name ?? "designer" });
  const [tab, setTab] = useState<Tab>("write");
  const [shown, setShown] = useState<string | null>(null);
  const [beside, setBeside] = useState<string | null>(null);
  const angles = useRef<{ problem: ProblemData; theta: number[] } | null>(null);
  const take = useCallback((next: ProblemData) => {
    setPlaces({});
    change(next);
  }, []);
  const damaged = useAddress(problem, take);

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

  const { candidates, result, progress } = work;
  const rows = useMemo(() => distinct(candidates, result), [candidates, result]);
  const best = rows[0]?.candidate ?? null;
  const at = candidates.find((candidate) => candidate.name === shown) ?? best;
  const other = candidates.find((candidate) => candidate.name === beside) ?? null;
  const changed = work.run !== null && work.run.problem !== problem;
  const start = () => {
    setShown(null);
    setBeside(null);
    void work.start(problem, asked, endpoint);
  };
  const kept = angles.current?.problem === problem ? angles.current.theta : (at?.theta ?? null);

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
          failure={damaged ? DAMAGED : failure}
          undoable={undoable}
          onChange={change}
          onPlaces={setPlaces}
          onUndo={undo}
        />
        <section class="panel work" aria-label="What to do with it">
          <Tabs tab={tab} onTab={setTab} />
          <Panel name="write" tab={tab}>
            <WriteForm
              about={about}
              asked={asked}
              facts={facts}
              endpoint={endpoint}
              progress={progress}
              failure={work.failure}
              onAsked={setAsked}
              onEndpoint={setEndpoint}
              onStart={start}
              onCancel={work.cancel}
            />
            {work.optimising !== null && work.optimising.energies.length > 1 && (
              <Curve values={work.optimising.energies} label={`Angles are optimised${work.optimising.label === "" ? "" : ` (${work.optimising.label})`}: energy`} />
            )}
            <Ranking
              candidates={candidates}
              result={result}
              shown={at?.name ?? null}
              beside={beside}
              onShow={setShown}
              onBeside={setBeside}
            />
            {result?.interrupted === true && <p class="note">Stopped early: this is what there was.</p>}
            {result !== null && result.lost.map((why) => <p key={why} class="note">An answer is missing: {why}</p>)}
            {at !== null && changed && <p class="note">The problem has changed since these circuits were written.</p>}
            {at !== null && (
              <div class={other === null ? "verdicts" : "verdicts two"}>
                <Verdict key={at.name} candidate={at} result={result} places={places} />
                {other !== null && other !== at && <Verdict key={`b${other.name}`} candidate={other} result={null} places={places} />}
              </div>
            )}
            {at === null && progress === null && (
              <p class="empty">{facts === null ? "A problem comes first: draw one, or take an example." : "Circuits and their verdicts appear here."}</p>
            )}
          </Panel>
          <Panel name="angles" tab={tab}>
            {tab === "angles" && (
              <Angles
                key={JSON.stringify(problem)}
                problem={problem}
                facts={facts}
                start={kept}
                onTheta={(theta) => {
                  angles.current = { problem, theta };
                }}
              />
            )}
          </Panel>
          <Panel name="verify" tab={tab}>
            <Verify about={about} problem={problem} facts={facts} places={places} start={at?.qasm ?? ""} />
          </Panel>
          <Panel name="take" tab={tab}>
            {tab === "take" && <TakeAway problem={problem} run={work.run} asked={asked} candidate={at} result={result} />}
          </Panel>
        </section>
      </main>
    </div>
  );
}

const DAMAGED = "The link is damaged: no problem can be read from it. Copy it again, whole.";

/** What a tab shows; another tab leaves it as it is. */
function Panel(props: { name: Tab; tab: Tab; children: ComponentChildren }) {
  const { name, tab } = props;
  return (
    <div role="tabpanel" id={`panel-${name}`} aria-labelledby={`tab-${name}`} tabIndex={-1} hidden={tab !== name}>
      {props.children}
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

