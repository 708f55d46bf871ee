// A run as the page sees it: candidates as they come, the curve of what is polished, the end.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import * as api from "./api";
import type { Candidate, Result } from "./api";
import type { ProblemData } from "./problem";
import { requestOf, type Asked, type Endpoint, type Progress } from "./write";

function deviceOf(row: Candidate | undefined): Partial<Candidate> {
  const found: Partial<Candidate> = {};
  if (row?.on_device != null) found.on_device = row.on_device;
  if (row?.obstacle !== undefined) found.obstacle = row.obstacle;
  return found;
}

/** Energies that the optimisation of angles has seen so far. */
export interface Optimising {
  label: string;
  energies: number[];
}

/** A name that nobody else takes; `randomUUID` is only there on https and on this machine. */
const freshName = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** A run: what was asked, candidates as they come, and its end. */
export function useRun() {
  const [run, setRun] = useState<{ problem: ProblemData; asked: Asked } | null>(null);
  const [optimising, setOptimising] = useState<Optimising | null>(null);
  const [candidates, setCandidates] = useState<Candidate[]>([]);
  const [result, setResult] = useState<Result | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const name = useRef("");

  const start = useCallback(async (problem: ProblemData, asked: Asked, endpoint: Endpoint | null): Promise<void> => {
    const found: Candidate[] = [];
    name.current = freshName();
    setRun({ problem, asked });
    setOptimising(null);
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
      for await (const event of api.events({ run: name.current, problem, ...requestOf(asked, endpoint) })) {
        if (event.event === "step") state.text = event.text;
        else if (event.event === "curve") {
          const { first, label, energies } = event;
          setOptimising((old) => ({ label, energies: [...(old?.energies.slice(0, first) ?? []), ...energies] }));
        } else if (event.event === "candidate") {
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
      setOptimising(null);
    }
  }, []);

  // Leaving the page ends the run, which the browser asks about.
  const going = progress !== null;
  useEffect(() => {
    if (!going) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [going]);

  const cancel = useCallback(() => {
    setProgress((old) => (old === null ? null : { ...old, cancelling: true }));
    api.post("/studio/cancel", { run: name.current }).catch((error: unknown) => setFailure(api.sentence(error)));
  }, []);

  return { run, candidates, result, progress, optimising, failure, start, cancel };
}
