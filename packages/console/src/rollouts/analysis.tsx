// SPDX-License-Identifier: Apache-2.0
import { countText } from "@interlock/core";
import { doubtText } from "@interlock/judge";
import { type RolloutShown, signalsApi, type WaveAnalysisShown } from "@interlock/protocol";
import { useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import type { Meaning } from "../parts/meaning.ts";
import { listed } from "../parts/short.ts";
import { Empty, Show } from "../parts/states.tsx";
import { Ticked } from "../parts/ticked.tsx";
import { When } from "../parts/when.tsx";
import { SignalChart } from "./signal.tsx";
import { isOver, isYoung, reached, share, verdictWords } from "./words.ts";

const EVERY_MS = 5_000;

/** What the signals say of the wave that runs: the verdict in words, and each signal beside its limit. */
export function Analysis({ rollout }: { readonly rollout: RolloutShown }) {
  const live = !isOver(rollout);
  const endedAt = live ? null : (rollout.events[0]?.at ?? rollout.asOf);
  const waves = useLoaded(
    signalsApi.rolloutAnalysis,
    { params: { rollout: rollout.rollout } },
    live ? { everyMs: EVERY_MS } : {},
  );
  const signals = useLoaded(signalsApi.listSignals, {});
  return (
    <section className="section" aria-labelledby="analysis">
      <h2 id="analysis">What the signals say</h2>
      <Show of={waves} what="the analysis">
        {({ waves: [current] }) =>
          current === undefined ? (
            <Empty title="No wave was judged yet">
              The signals of {rollout.system} are asked as soon as a wave is written.
            </Empty>
          ) : (
            <>
              <Verdict analysis={current} rollout={rollout} />
              <SignalRows analysis={current} />
              <div className="charts">
                {current.signals.map(({ name }) => {
                  const known = signals.kind === "there" ? signals.value.signals : [];
                  const slotMs = known.find((one) => one.name === name)?.slotMs;
                  if (slotMs === undefined) return null;
                  return (
                    <SignalChart key={name} {...{ analysis: current, name, slotMs, endedAt }} />
                  );
                })}
              </div>
            </>
          )
        }
      </Show>
    </section>
  );
}

function Verdict({
  analysis,
  rollout,
}: {
  readonly analysis: WaveAnalysisShown;
  readonly rollout: RolloutShown;
}) {
  const { meaning, word, says } = verdictWords({ ...analysis, asOf: rollout.asOf });
  const young = isYoung({ ...analysis, asOf: rollout.asOf });
  const { control, because, promised, evidenceMilliNats, haltMilliNats, wave } = analysis;
  return (
    <div className="verdict" data-verdict={young ? "not-enough-evidence" : analysis.kind}>
      <p className="verdict-line" aria-live="polite">
        <Badge meaning={meaning}>{word}</Badge>
        <strong>{says}</strong>
        <span className="muted">
          {rollout.plan[wave]?.name ?? `wave ${wave + 1}`}, since <When at={analysis.since} />
        </span>
      </p>
      {because.length > 0 && !young && (
        <ul className="effects">
          {because.map((text) => (
            <li key={text}>
              <Ticked text={text} />
            </li>
          ))}
        </ul>
      )}
      <p className="muted">
        Compared with{" "}
        {control.length === 0 ? "earlier weeks: no cell is left unchanged" : listed(control)}.
        Evidence for harm: {reached(evidenceMilliNats, haltMilliNats)} of what halts it by itself.{" "}
        {promised
          ? "The false-halt rate is promised for every signal."
          : "The false-halt rate is not promised: see the doubts below."}
      </p>
    </div>
  );
}

const OUTCOMES = {
  successful: { meaning: "done", word: "no harm" },
  failed: { meaning: "stopped", word: "harm" },
  inconclusive: { meaning: "unknown", word: "not known" },
} as const satisfies Record<string, { readonly meaning: Meaning; readonly word: string }>;

function SignalRows({ analysis }: { readonly analysis: WaveAnalysisShown }) {
  const { signals, haltMilliNats, promoteMilliNats } = analysis;
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Verdict</th>
            <th scope="col">Signal</th>
            <th scope="col">Orders seen</th>
            <th scope="col">Evidence for harm</th>
            <th scope="col">Evidence for none</th>
            <th scope="col">Harm excluded</th>
            <th scope="col">Newest</th>
            <th scope="col">Doubts</th>
          </tr>
        </thead>
        <tbody>
          {signals.map((one) => (
            <tr key={one.name}>
              <td>
                <Badge meaning={OUTCOMES[one.outcome].meaning}>{OUTCOMES[one.outcome].word}</Badge>
              </td>
              <th scope="row">{one.name}</th>
              <td>{countText(one.samples)}</td>
              <td>{reached(one.harmMilliNats, haltMilliNats)} of what halts</td>
              <td>{reached(one.safeMilliNats, promoteMilliNats)} of what passes</td>
              <td>{one.outcome === "successful" ? `over ${share(one.excludesPpm)}` : "not yet"}</td>
              <td>
                {one.state === "fresh" ? (
                  <When at={one.observedAt} />
                ) : (
                  <Badge meaning="unknown">{one.state}</Badge>
                )}
              </td>
              <td>{one.doubts.length === 0 ? "none" : one.doubts.map(doubtText).join("; ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
